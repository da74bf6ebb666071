import { digestBytes } from '../identifiers/kinds.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import { hexLineBytes, writeHexLines } from '../kernel/hexLines.ts';
import { deriveSet } from './deriveSet.ts';
import type { MemberSet, SealedSet } from './memberSet.ts';
import { createByteScratch } from './scratch.ts';
import type { Workers } from './workers.ts';

/** The lines that upload a member set: unique, all of one length, in an order that depends on the members alone. */
export interface UploadLines {
  /** One record a line, in their order. */
  set: MemberSet;
  count: number;
  /** Bytes of a line with its LF: 65 for a hash, 37 for an IFA. */
  lineBytes: number;
  /** The lines from `start` up to but not including `end`, LF after each, some at a time in memory that is used again. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

const lineFeed = 0x0a;

export interface UploadLinesOptions {
  identifierType: IdentifierType;
  /** Made where a set of its own is needed. */
  directory: string;
  workers: Workers;
  signal: AbortSignal;
}

/** The lines of a member set, each a record of the set that is resolved with: the same one where a member is a line. */
export async function collectLines(members: SealedSet, options: UploadLinesOptions): Promise<SealedSet> {
  const isLineEach = options.identifierType === 'ifa' || members.recordBytes === digestBytes;
  return isLineEach ? members : collectDigests(members, options);
}

/**
 * Every form of every phone as a set of its own: a value that came hashed may be the hash of another member's second
 * form, and no line goes out twice.
 */
function collectDigests(members: SealedSet, options: UploadLinesOptions): Promise<SealedSet> {
  const { workers } = options;
  return deriveSet(members, { ...options, recordBytes: digestBytes, derive: workers.collectDigests });
}

/** Gives the lines of some records, in memory that the next call uses again. */
type ToLines = (records: Buffer) => Buffer;

/** The lines of a set that holds a record a line. */
export function openUploadLines(set: MemberSet, identifierType: IdentifierType): UploadLines {
  const isText = identifierType === 'ifa';
  return {
    set,
    count: set.count,
    lineBytes: isText ? set.recordBytes + 1 : hexLineBytes,
    async *read(start, end) {
      const toLines = isText ? createEndLines(set.recordBytes) : createToHexLines();
      for await (const records of set.read(start, end)) yield toLines(records);
    },
  };
}

function createToHexLines(): ToLines {
  const linesFor = createByteScratch();
  return (records) => {
    const lines = linesFor((records.length / digestBytes) * hexLineBytes);
    writeHexLines(records, lines);
    return lines;
  };
}

function createEndLines(textBytes: number): ToLines {
  const linesFor = createByteScratch();
  return (texts) => {
    const lines = linesFor((texts.length / textBytes) * (textBytes + 1));
    for (let from = 0, to = 0; from < texts.length; from += textBytes) {
      to += texts.copy(lines, to, from, from + textBytes);
      lines[to++] = lineFeed;
    }
    return lines;
  };
}

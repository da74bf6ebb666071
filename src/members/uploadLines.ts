import type { IdentifierType } from '../config.ts';
import { digestBytes } from '../identifiers/identify.ts';
import { createHexLines, hexLineBytes, type WriteHexLines } from '../kernel/hexLines.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createMemberSet, type MemberSet, type SealedSet } from './memberSet.ts';
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
async function collectDigests(members: SealedSet, options: UploadLinesOptions): Promise<SealedSet> {
  const { identifierType, directory, workers, signal } = options;
  const digests = await createMemberSet({ directory, identifierType, recordBytes: digestBytes, workers, signal });
  const collect = (records: Buffer) => workers.collectDigests({ records, recordBytes: members.recordBytes, directory });
  for await (const block of mapInOrder(members.read(0, members.count), workers.parallelism, collect)) {
    signal.throwIfAborted();
    digests.add(block);
  }
  return digests.seal();
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

/** Made by the first lines: most threads write none. */
let writeHexLines: WriteHexLines | undefined;

function createToHexLines(): ToLines {
  writeHexLines ??= createHexLines();
  const write = writeHexLines;
  let lines = Buffer.alloc(0);
  return (records) => {
    const bytes = (records.length / digestBytes) * hexLineBytes;
    if (lines.length < bytes) lines = Buffer.allocUnsafeSlow(bytes);
    write(records, lines);
    return lines.subarray(0, bytes);
  };
}

function createEndLines(textBytes: number): ToLines {
  let lines = Buffer.alloc(0);
  return (texts) => {
    const bytes = (texts.length / textBytes) * (textBytes + 1);
    if (lines.length < bytes) lines = Buffer.allocUnsafeSlow(bytes);
    for (let from = 0, to = 0; from < texts.length; from += textBytes) {
      to += texts.copy(lines, to, from, from + textBytes);
      lines[to++] = lineFeed;
    }
    return lines.subarray(0, bytes);
  };
}

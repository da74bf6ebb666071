import { join } from 'node:path';
import type { IdentifierType } from '../config.ts';
import { digestBytes } from './layout.ts';
import { createMemberSet, type MemberSet } from './memberSet.ts';
import type { Workers } from './workers.ts';

/** The lines that upload a member set: unique, all of one length, in an order that depends on the members alone. */
export interface UploadLines {
  count: number;
  /** Bytes of a line with its LF: 65 for a hash, 37 for an IFA. */
  lineBytes: number;
  /** The lines from `start` up to but not including `end`, LF after each, some at a time. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

const lineFeed = 0x0a;

export interface UploadLinesOptions {
  identifierType: IdentifierType;
  /** An existing private folder for working files. */
  directory: string;
  workers: Workers;
}

export async function openUploadLines(members: MemberSet, options: UploadLinesOptions): Promise<UploadLines> {
  if (options.identifierType === 'ifa') return linesOf(members, writeText);
  return linesOf(members.recordBytes === digestBytes ? members : await collectDigests(members, options), writeHex);
}

/**
 * Every form of every phone as a set of its own: a value that came hashed may be the hash of another member's second
 * form, and no line goes out twice.
 */
async function collectDigests(members: MemberSet, options: UploadLinesOptions): Promise<MemberSet> {
  const directory = join(options.directory, 'lines');
  const digests = await createMemberSet({ ...options, directory, recordBytes: digestBytes });
  for await (const records of members.read(0, members.count))
    await digests.add(presentDigests(records, members.recordBytes));
  return digests.seal();
}

/** The forms that a phone does not have are zero; its first is always there. */
function presentDigests(records: Buffer, recordBytes: number): Uint8Array {
  const present = new Uint8Array(records.length);
  let length = 0;
  for (let at = 0; at < records.length; at += digestBytes) {
    const digest = records.subarray(at, at + digestBytes);
    if (at % recordBytes !== 0 && digest.every((byte) => byte === 0)) continue;
    present.set(digest, length);
    length += digestBytes;
  }
  return present.subarray(0, length);
}

type WriteLine = (records: Buffer, at: number, lines: Uint8Array, to: number) => void;

function linesOf(set: MemberSet, writeLine: WriteLine): UploadLines {
  const lineBytes = writeLine === writeHex ? 2 * set.recordBytes + 1 : set.recordBytes + 1;
  return {
    count: set.count,
    lineBytes,
    async *read(start, end) {
      for await (const records of set.read(start, end)) {
        const lines = new Uint8Array((records.length / set.recordBytes) * lineBytes);
        for (let at = 0, to = 0; at < records.length; at += set.recordBytes, to += lineBytes) {
          writeLine(records, at, lines, to);
          lines[to + lineBytes - 1] = lineFeed;
        }
        yield lines;
      }
    },
  };
}

const hexDigits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

function writeHex(records: Buffer, at: number, lines: Uint8Array, to: number): void {
  for (let index = 0; index < digestBytes; index++) {
    const byte = records[at + index]!;
    lines[to + 2 * index] = hexDigits[byte >>> 4]!;
    lines[to + 2 * index + 1] = hexDigits[byte & 15]!;
  }
}

function writeText(records: Buffer, at: number, lines: Uint8Array, to: number): void {
  lines.set(records.subarray(at, at + 36), to);
}

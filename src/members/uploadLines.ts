import type { IdentifierKind } from '../identifiers/kinds.ts';
import { hexLineBytes, writeHexLines } from '../kernel/hexLines.ts';
import { deriveSet } from './deriveSet.ts';
import type { MemberContext, MemberSet, SealedSet } from './memberSet.ts';
import { createByteScratch } from './scratch.ts';

/** The lines that upload a member set: unique, all of one length, in an order that depends on the members alone. */
export interface UploadLines {
  /** A set of one record for each line, in their order. */
  set: MemberSet;
  count: number;
  /** Bytes of a line with its LF: 65 for a hash, 37 for an IFA. */
  lineBytes: number;
  /**
   * Yields the lines from `start` up to but not including `end`, an LF after each, in parts on memory that is reused.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/**
 * Returns a set of one record for each line of the members: their forms. If members have one form only, these are the
 * members themselves. Otherwise a set of its own is made in `directory`, a new folder: a value that came hashed may be
 * the hash of another member's second form, and no line may be sent twice.
 */
export async function collectLines(members: SealedSet, directory: string, context: MemberContext): Promise<SealedSet> {
  const { keyBytes } = context.kind;
  if (members.recordBytes === keyBytes) return members;
  return deriveSet(members, { directory, recordBytes: keyBytes, derive: context.workers.splitForms }, context);
}

/** Writes the lines of some keys to `lines`. */
type WriteLines = (keys: Buffer, keyBytes: number, lines: Buffer) => void;

const lineFormats: Record<IdentifierKind['line'], { lineBytes(keyBytes: number): number; write: WriteLines }> = {
  hex: { lineBytes: hexLineBytes, write: writeHexLines },
  text: { lineBytes: (keyBytes) => keyBytes + 1, write: writeTextLines },
};

/** Opens the lines of a set that holds one record for each line. */
export function openUploadLines(set: MemberSet, { line }: Pick<IdentifierKind, 'line'>): UploadLines {
  const { recordBytes } = set;
  const format = lineFormats[line];
  const lineBytes = format.lineBytes(recordBytes);
  return {
    set,
    count: set.count,
    lineBytes,
    async *read(start, end) {
      const linesFor = createByteScratch();
      for await (const keys of set.read(start, end)) {
        const lines = linesFor((keys.length / recordBytes) * lineBytes);
        format.write(keys, recordBytes, lines);
        yield lines;
      }
    },
  };
}

const lineFeed = 0x0a;

function writeTextLines(keys: Buffer, keyBytes: number, lines: Buffer): void {
  for (let from = 0, to = 0; from < keys.length; from += keyBytes) {
    to += keys.copy(lines, to, from, from + keyBytes);
    lines[to++] = lineFeed;
  }
}

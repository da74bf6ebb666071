import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { guardState } from '../system/stateErrors.ts';
import type { Layout } from './layout.ts';
import { type MemberSet, openMemberSet, type SealedSet } from './memberSet.ts';

/*
 * Member sets from their first record to their last, in memory that does not grow with them.
 */

/** A record by its first byte in `records`. */
export interface RecordPlace {
  records: Buffer;
  at: number;
}

/** Points at the next record of a set, within the part of the set that is in memory. */
export interface SortedCursor extends RecordPlace, AsyncDisposable {
  recordBytes: number;
  hasRecord(): boolean;
  /** Returns true if the set has no more records than those in memory. */
  isEnded(): boolean;
  /** Reads the next part of the set when no record is left in memory. Returns false at the end of the set. */
  fill(): Promise<boolean>;
}

export function openCursor(set: MemberSet): SortedCursor {
  const parts = set.read(0, set.count)[Symbol.asyncIterator]();
  let isEnded = false;
  return {
    recordBytes: set.recordBytes,
    records: Buffer.alloc(0),
    at: 0,
    hasRecord() {
      return this.at < this.records.length;
    },
    isEnded: () => isEnded,
    async fill() {
      if (this.hasRecord()) return true;
      if (isEnded) return false;
      const next = await parts.next();
      isEnded = next.done === true;
      this.records = next.done === true ? Buffer.alloc(0) : next.value;
      this.at = 0;
      return !isEnded;
    },
    async [Symbol.asyncDispose]() {
      await parts.return?.();
    },
  };
}

/** Writes a set's file, record by record in their order. */
export interface SortedWriter extends AsyncDisposable {
  add(record: RecordPlace): void;
  /** Merges a twin into the record that was added last. */
  merge(twin: RecordPlace): void;
  flush(): Promise<void>;
  seal(): Promise<SealedSet>;
}

export async function createSortedWriter(path: string, layout: Layout): Promise<SortedWriter> {
  const { recordBytes } = layout;
  const file: FileHandle = await guardState(path, () => open(path, 'wx', 0o600));
  const hash = createHash('sha256');
  let pending = Buffer.alloc(1024 * recordBytes);
  let length = 0;
  let count = 0;
  const writer: SortedWriter = {
    add({ records, at }) {
      if (length === pending.length) pending = Buffer.concat([pending], 2 * length);
      records.copy(pending, length, at, at + recordBytes);
      length += recordBytes;
    },
    merge: ({ records, at }) => layout.merge(pending, length - recordBytes, records, at),
    async flush() {
      const records = pending.subarray(0, length);
      hash.update(records);
      count += length / recordBytes;
      length = 0;
      await guardState(path, () => file.appendFile(records));
    },
    async seal() {
      await writer.flush();
      return { ...openMemberSet({ path, recordBytes, count }), digest: hash.digest('hex') };
    },
    async [Symbol.asyncDispose]() {
      await file.close();
    },
  };
  return writer;
}

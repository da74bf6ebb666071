import type { SyncConfig } from '../config.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import type { Chunk, Source } from '../sources/source.ts';
import { examplesPerCode, type Reject } from './identifyChunk.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createMemberSet, type SealedSet } from './memberSet.ts';
import type { RejectsFile } from './rejectsFile.ts';
import type { Workers } from './workers.ts';

/** What became of every cell that was read: `values = rejected + duplicates + members` (README, "Report"). */
export interface ReadCounts {
  rows: number;
  empty: number;
  values: number;
  rejected: number;
  duplicates: number;
  members: number;
}

export interface RejectAccount {
  /** How many values were rejected with each code. */
  rejects: Partial<Record<RejectCode, number>>;
  /** At most five of each code; rows counted from 1. */
  rejectExamples: { code: RejectCode; row: number; column: string; shape: string }[];
}

export interface ReadMembersOptions {
  /** An existing private folder for working files. */
  directory: string;
  recordBytes: number;
  workers: Workers;
  signal: AbortSignal;
  /** Where every reject is listed. */
  rejectsFile?: RejectsFile | undefined;
  onProgress(rows: number): void;
}

export interface ReadResult extends RejectAccount {
  members: SealedSet;
  counts: ReadCounts;
}

/** Reads a source to its end: a sealed member set, and an account of every value. Nothing is sent before that. */
export async function readMembers(source: Source, sync: SyncConfig, options: ReadMembersOptions): Promise<ReadResult> {
  const { directory, recordBytes, workers, signal, rejectsFile, onProgress } = options;
  const writer = await createMemberSet({
    directory: `${directory}/members`,
    identifierType: sync.identifierType,
    recordBytes,
    workers,
    signal,
  });
  const account: RejectAccount = { rejects: {}, rejectExamples: [] };
  const counts = { rows: 0, empty: 0, values: 0, rejected: 0, duplicates: 0, members: 0 };
  const identify = (chunk: Chunk) =>
    workers.identifyChunk({
      chunk,
      rules: sync,
      listsAll: rejectsFile !== undefined,
      recordBytes,
      directory: writer.directory,
    });
  for await (const chunk of mapInOrder(source.chunks(signal), workers.parallelism, identify)) {
    signal.throwIfAborted();
    writer.add(chunk.block);
    const listed = chunk.listed.map((reject) => placeReject(reject, counts.rows, source.columns));
    addRejects(account, listed, chunk.rejects);
    await rejectsFile?.list(listed.map((reject) => ({ sync: sync.name, ...reject })));
    counts.rows += chunk.rows;
    counts.empty += chunk.empty;
    counts.values += chunk.values;
    onProgress(counts.rows);
  }
  const members = await writer.seal();
  counts.rejected = Object.values(account.rejects).reduce((sum, count) => sum + count, 0);
  counts.members = members.count;
  counts.duplicates = counts.values - counts.rejected - counts.members;
  return { members, counts, ...account };
}

/** Where it stands in the whole source. */
function placeReject({ code, row, column, shape, key }: Reject, rowsBefore: number, columns: readonly string[]) {
  return {
    row: rowsBefore + row + 1,
    ...(key !== undefined && { key }),
    column: columns[column] ?? '',
    code,
    shape,
  };
}

function addRejects(
  account: RejectAccount,
  listed: readonly ReturnType<typeof placeReject>[],
  rejects: RejectAccount['rejects'],
): void {
  for (const { code, row, column, shape } of listed) {
    const shown = account.rejectExamples.filter((example) => example.code === code).length;
    if (shown < examplesPerCode) account.rejectExamples.push({ code, row, column, shape });
  }
  for (const [code, count] of Object.entries(rejects) as [RejectCode, number][])
    account.rejects[code] = (account.rejects[code] ?? 0) + count;
}

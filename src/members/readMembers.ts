import { recordBytesOf } from '../identifiers/kinds.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { ChosenColumns, Chunk, Source } from '../sources/source.ts';
import { examplesPerCode, type ReaderChunk, type Reject } from './identifyChunk.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createMemberSet, type SealedSet } from './memberSet.ts';
import { createNationalSampler, type NationalSample } from './nationalSampler.ts';
import type { RejectsFile } from './rejectsFile.ts';
import type { IdentifiedBlock, Workers } from './workers.ts';

/** What became of every cell that was read: `values = rejected + duplicates + suppressed + members` (README, "Report"). */
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

/** One of those who read a source together: whose members it is to find, and what in its columns counts as one. */
export interface Reading {
  /** Of the sync, in the rejects file. */
  name: string;
  rules: IdentifyRules;
  /** An existing private folder for working files. */
  directory: string;
  /** Where every reject is listed. */
  rejectsFile?: RejectsFile | undefined;
  onProgress(rows: number): void;
}

export interface ReadResult extends RejectAccount {
  members: SealedSet;
  counts: ReadCounts;
  national: NationalSample;
}

interface Surroundings {
  workers: Workers;
  signal: AbortSignal;
}

/**
 * Reads a source to its end, once for all readings, each of which has the choice of columns at its place: for each a
 * sealed member set, and an account of every value. Nothing is sent before that.
 */
export async function readMembers(
  source: Source,
  readings: readonly Reading[],
  surroundings: Surroundings,
): Promise<ReadResult[]> {
  const { workers, signal } = surroundings;
  const readers = await Promise.all(
    readings.map((reading, index) =>
      createReader(
        reading,
        source.choices[index]!.identifiers.map((position) => source.columns[position]!),
        surroundings,
      ),
    ),
  );
  const identify = (chunk: Chunk) =>
    Promise.all(readers.map((reader, index) => reader.identify(chooseColumns(chunk, source.choices[index]!))));
  for await (const blocks of mapInOrder(source.chunks(signal), workers.parallelism, identify)) {
    signal.throwIfAborted();
    for (const [index, block] of blocks.entries()) await readers[index]!.take(block);
  }
  const results: ReadResult[] = [];
  // One after the other: sorting takes memory.
  for (const reader of readers) results.push(await reader.seal());
  return results;
}

function chooseColumns({ columns, ...rest }: Chunk, { identifiers, country }: ChosenColumns): ReaderChunk {
  return {
    ...rest,
    columns: identifiers.map((position) => columns[position]!),
    ...(country !== undefined && { country: columns[country]!.lines }),
  };
}

interface Reader {
  identify(chunk: ReaderChunk): Promise<IdentifiedBlock>;
  /** Blocks in the order of their chunks. */
  take(block: IdentifiedBlock): Promise<void>;
  seal(): Promise<ReadResult>;
}

async function createReader(
  { name, rules, directory, rejectsFile, onProgress }: Reading,
  columns: readonly string[],
  { workers, signal }: Surroundings,
): Promise<Reader> {
  const recordBytes = recordBytesOf(rules);
  const { identifierType } = rules;
  const writer = await createMemberSet({
    directory: `${directory}/members`,
    ...{ identifierType, recordBytes, workers, signal },
  });
  const account: RejectAccount = { rejects: {}, rejectExamples: [] };
  const counts = { rows: 0, empty: 0, values: 0, rejected: 0, duplicates: 0, members: 0 };
  const sampler = createNationalSampler(rules);
  return {
    identify: (chunk) =>
      workers.identifyChunk({
        ...{ chunk, rules, recordBytes },
        options: { listsAll: rejectsFile !== undefined, sampling: sampler.next(chunk.columns) },
        directory: writer.directory,
      }),
    async take(chunk) {
      writer.add(chunk.block);
      sampler.take(chunk.national);
      const listed = chunk.listed.map((reject) => placeReject(reject, counts.rows, columns));
      addRejects(account, listed, chunk.rejects);
      await rejectsFile?.list(listed.map((reject) => ({ sync: name, ...reject })));
      counts.rows += chunk.rows;
      counts.empty += chunk.empty;
      counts.values += chunk.values;
      onProgress(counts.rows);
    },
    async seal() {
      const members = await writer.seal();
      counts.rejected = Object.values(account.rejects).reduce((sum, count) => sum + count, 0);
      counts.members = members.count;
      counts.duplicates = counts.values - counts.rejected - counts.members;
      return { members, counts, national: sampler.sample(), ...account };
    },
  };
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

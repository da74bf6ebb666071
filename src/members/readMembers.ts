import { kinds, recordBytesOf } from '../identifiers/kinds.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { ChosenColumns, Chunk, Source } from '../sources/source.ts';
import { examplesPerCode, type ReaderChunk, type Reject } from './identifyChunk.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createMemberSet, type MemberContext, type SealedSet } from './memberSet.ts';
import { createNationalSampler, type NationalSample } from './nationalSampler.ts';
import type { RejectsFile } from './rejectsFile.ts';
import type { IdentifiedBlock } from './tasks.ts';

/** Counts of the cells that were read: `values = rejected + duplicates + members`. */
export interface ReadCounts {
  rows: number;
  empty: number;
  values: number;
  rejected: number;
  duplicates: number;
  members: number;
}

export interface RejectAccount {
  /** Number of values by the code of their reject. */
  rejects: Partial<Record<RejectCode, number>>;
  /** Examples of rejects: at most five of each code. Rows are counted from 1. */
  rejectExamples: { code: RejectCode; row: number; column: string; shape: string }[];
}

/** One of the readers of a source: the values that count as members, and where its results go. */
export interface Reading {
  /** Name of the sync in the rejects file. */
  name: string;
  rules: IdentifyRules;
  /** An existing private folder for working files. */
  directory: string;
  /** Lists every reject, if it is given. */
  rejectsFile?: RejectsFile | undefined;
  onProgress(rows: number): void;
}

export interface ReadResult extends RejectAccount {
  members: SealedSet;
  counts: ReadCounts;
  national: NationalSample;
}

type Threads = Pick<MemberContext, 'workers' | 'signal'>;

/**
 * Reads a source to its end, once for all readings. Each reading uses the choice of columns at its index. Returns for
 * each its members and an account of every value.
 */
export async function readMembers(
  source: Source,
  readings: readonly Reading[],
  threads: Threads,
): Promise<ReadResult[]> {
  const { workers, signal } = threads;
  const columnsOf = (index: number) => source.choices[index]!.identifiers.map((position) => source.columns[position]!);
  const readers = await Promise.all(readings.map((reading, index) => createReader(reading, columnsOf(index), threads)));
  const identify = (chunk: Chunk) =>
    Promise.all(readers.map((reader, index) => reader.identify(chooseColumns(chunk, source.choices[index]!))));
  for await (const blocks of mapInOrder(source.chunks(signal), workers.parallelism, identify)) {
    signal.throwIfAborted();
    for (const [index, block] of blocks.entries()) await readers[index]!.take(block);
  }
  const results: ReadResult[] = [];
  // Sorting takes memory, so the sets are sealed one after the other.
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
  /** Must be called in the order of the chunks. */
  take(block: IdentifiedBlock): Promise<void>;
  seal(): Promise<ReadResult>;
}

async function createReader(
  { name, rules, directory, rejectsFile, onProgress }: Reading,
  columns: readonly string[],
  { workers, signal }: Threads,
): Promise<Reader> {
  const kind = kinds[rules.identifierType];
  const writer = await createMemberSet(
    { directory: `${directory}/members`, recordBytes: recordBytesOf(rules) },
    { kind, workers, signal },
  );
  const account: RejectAccount = { rejects: {}, rejectExamples: [] };
  const counts = { rows: 0, empty: 0, values: 0, rejected: 0, duplicates: 0, members: 0 };
  const sampler = createNationalSampler(rules);
  return {
    identify: (chunk) =>
      workers.identifyChunk({
        ...{ chunk, rules },
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

/** Returns a reject with its row in the whole source. */
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

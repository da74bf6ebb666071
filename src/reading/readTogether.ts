import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, type SyncConfig, sourceOf, wantedColumns } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import { isHashedType } from '../identifiers/kinds.ts';
import { type ReadResult, readMembers } from '../members/readMembers.ts';
import { openSource } from '../sources/openSource.ts';
import type { ColumnChoice, Source, WantedColumns } from '../sources/source.ts';
import { makePrivateSubfolder } from '../system/privateFolder.ts';
import { guardState } from '../system/stateErrors.ts';
import type { ReadingContext } from './context.ts';
import { checkRoom, roomFor } from './room.ts';

/** A sync's request to read its source. */
export interface ReadRequest {
  sync: SyncConfig;
  /** The start of the read, for a sync with a cursor. */
  cursor: WantedColumns['cursor'];
  /** Members of the last success; 0 if that number says nothing about this read. */
  lastMembers: number;
}

export interface Read extends ReadResult {
  /** Names of the columns read, as the source spells them. */
  columns: readonly string[];
  /** The greatest value of the cursor column before the read. */
  cursor: string | null;
  /** The working folder of the sync. */
  directory: string;
}

/** One of the requests that were read together, and its result. */
export type ReadOutcome = { request: ReadRequest } & ({ read: Read } | { error: unknown });

/** Reads a source once for all syncs that read it. A source that stops in the middle fails all of them. */
export async function readTogether(requests: readonly ReadRequest[], context: ReadingContext): Promise<ReadOutcome[]> {
  try {
    const reads = await readOnce(requests, context);
    return requests.map((request, index) => ({ request, read: reads[index]! }));
  } catch (error) {
    const apart = isColumnMissing(error) && requests.length > 1 ? await findLacking(requests, context) : undefined;
    if (apart === undefined || apart.lacking.length === 0) return requests.map((request) => ({ request, error }));
    return [...apart.lacking, ...(await readTogether(apart.others, context))];
  }
}

async function readOnce(requests: readonly ReadRequest[], context: ReadingContext): Promise<Read[]> {
  const { workers, signal, progress, rejectsFile, workDirectory } = context;
  await using source = await open(requests, context);
  await checkRoom(workDirectory, await expectedRoom(requests, source));
  const readings = requests.map(({ sync }) => ({
    name: sync.name,
    rules: sync,
    directory: folderOf(sync, context),
    rejectsFile,
    onProgress: (rows: number) => progress.show(sync.name, { stage: 'reading', done: rows, unit: 'rows' }),
  }));
  for (const { directory } of readings) await guardState(directory, () => mkdirSync(directory, { mode: 0o700 }));
  await rejectsFile?.begin();
  const results = await readMembers(source, readings, { workers, signal });
  return results.map((result, index) => ({
    ...result,
    columns: source.choices[index]!.identifiers.map((position) => source.columns[position]!),
    cursor: source.cursor,
    directory: readings[index]!.directory,
  }));
}

/** The disk space to expect: by the source's own count, otherwise by each sync's last success. */
async function expectedRoom(requests: readonly ReadRequest[], source: Source): Promise<number> {
  const expected = await source.expectedValues?.();
  const rooms = requests.map(({ sync, lastMembers }, index) => roomFor(sync, expected?.[index] ?? lastMembers));
  return rooms.reduce((sum, room) => sum + room, 0);
}

function folderOf(sync: SyncConfig, { workDirectory }: ReadingContext): string {
  return join(workDirectory, `sync-${sync.name}`);
}

async function open(requests: readonly ReadRequest[], context: ReadingContext) {
  const { config, workDirectory, stdin, memory, signal } = context;
  const [first] = requests;
  const directory = join(workDirectory, `source-of-${first!.sync.name}`);
  await guardState(directory, () => makePrivateSubfolder(directory));
  return openSource(sourceOf(config, first!.sync), wantedBy(requests, config), {
    ...{ directory, stdin, signal },
    duckdbBytes: memory.duckdbBytes,
  });
}

/** The columns of syncs that are read together. All of them start at the same place. */
export function wantedBy(requests: readonly Omit<ReadRequest, 'lastMembers'>[], { rejects }: Config): WantedColumns {
  return {
    choices: requests.map(({ sync }) => choiceOf(sync)),
    key: rejects?.keyColumn,
    cursor: requests[0]?.cursor,
  };
}

/** The columns of a sync, and whether the warehouse hashes them. */
function choiceOf(sync: SyncConfig): ColumnChoice {
  const { identifierType, hashing, hashed, defaultCountry, phoneFormats } = sync;
  const choice = wantedColumns(sync);
  if (hashing === 'connector' || !isHashedType(identifierType)) return choice;
  const otherwise = hashing === 'warehouse' ? 'marker' : 'raw';
  return { ...choice, hashing: { identifierType, hashed, defaultCountry, phoneFormats, otherwise } };
}

function isColumnMissing(error: unknown): boolean {
  return error instanceof SyncError && error.code === 'source.column_missing';
}

/** Separates the syncs that lack a column from the others, which can still be read. */
async function findLacking(requests: readonly ReadRequest[], context: ReadingContext) {
  const lacking: ReadOutcome[] = [];
  const others: ReadRequest[] = [];
  for (const request of requests)
    try {
      await using _source = await open([request], context);
      others.push(request);
    } catch (error) {
      lacking.push({ request, error });
    }
  return { lacking, others };
}

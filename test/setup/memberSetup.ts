import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Config, configSchema, type SyncConfig } from '../../src/config/schema.ts';
import { type IdentifierKind, kinds } from '../../src/identifiers/kinds.ts';
import { layoutOf } from '../../src/members/layout.ts';
import { type MemberSet, openMemberSet, type SealedSet } from '../../src/members/memberSet.ts';
import { type Reading, type ReadResult, readMembers } from '../../src/members/readMembers.ts';
import type { RejectsFile } from '../../src/members/rejectsFile.ts';
import { digestSet } from '../../src/members/setDigest.ts';
import { sortUnique } from '../../src/members/sortRecords.ts';
import { collectLines, openUploadLines, type UploadLines } from '../../src/members/uploadLines.ts';
import { createWorkers, type Workers } from '../../src/members/workers.ts';
import type { Chunk, Source } from '../../src/sources/source.ts';

/** A whole configuration around one sync. */
export function configOf(sync: object): Config {
  return configSchema.parse({
    connection: { adAccountId: 'A1', accessKey: 'key', secretKey: 'secret' },
    source: { type: 'files', path: 'x.csv' },
    syncs: [{ name: 'people', audienceName: 'People', mode: 'mirror', ...sync }],
  });
}

export function syncOf(sync: object): SyncConfig {
  return configOf(sync).syncs[0]!;
}

/** One column of scalars. */
export function chunkOf(...values: string[]): Chunk {
  return { columns: [{ lines: linesOf(values) }] };
}

export function linesOf(values: readonly string[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(values.map((value) => `${value}\n`).join('')));
}

/** A column of lists: for each row its elements. */
export function listColumn(rows: readonly (readonly string[])[]) {
  const rowIndex = Uint32Array.from(rows.flatMap((elements, row) => elements.map(() => row)));
  return { lines: linesOf(rows.flat()), rowIndex };
}

/** A source whose columns are all wanted by one reader. */
export function sourceFrom(chunks: Source['chunks'], columns = ['email']): Source {
  return {
    columns,
    choices: [{ identifiers: columns.map((_, index) => index), country: undefined }],
    cursor: null,
    chunks,
    [Symbol.asyncDispose]: async () => {},
  };
}

export function sourceOf(chunks: Iterable<Chunk>, columns = ['email']): Source {
  return sourceFrom(async function* (signal) {
    for (const chunk of chunks) {
      signal.throwIfAborted();
      yield chunk;
    }
  }, columns);
}

/** Reads a source for one sync. */
export async function readAlone(
  source: Source,
  sync: SyncConfig,
  {
    directory,
    workers,
    signal,
    rejectsFile,
  }: Parameters<typeof readMembers>[2] & Pick<Reading, 'directory' | 'rejectsFile'>,
): Promise<ReadResult> {
  const reading = { name: sync.name, rules: sync, directory, rejectsFile, onProgress() {} };
  const [read] = await readMembers(source, [reading], { workers, signal });
  return read!;
}

export interface Setup {
  workers: Workers;
  /** A new empty folder. */
  makeFolder(): string;
  /** Writes records as a set, sorted and each member once. */
  setOf(records: readonly Buffer[], kind: IdentifierKind, recordBytes?: number): Promise<SealedSet>;
  read(
    sync: SyncConfig,
    source: Source,
    rejectsFile?: RejectsFile,
  ): Promise<{ read: ReadResult; lines: UploadLines; directory: string }>;
}

/** Worker threads and folders for the tests of a file, freed after the last of them. */
export function useMembers(): Setup {
  let root = '';
  let folders = 0;
  const setup = {
    makeFolder: () => mkdtempSync(join(root, `${++folders}-`)),
    async setOf(records, kind, recordBytes = kind.keyBytes) {
      // The memory of a typed array starts at a multiple of eight bytes.
      const unsorted = Buffer.from(Uint8Array.from(Buffer.concat(records)).buffer);
      const sorted = Buffer.from(new ArrayBuffer(unsorted.length));
      const bytes = sortUnique(unsorted, layoutOf(kind, recordBytes), sorted);
      const path = join(setup.makeFolder(), 'members');
      writeFileSync(path, sorted.subarray(0, bytes));
      const set = openMemberSet({ path, recordBytes, count: bytes / recordBytes });
      return { ...set, digest: await digestSet(set) };
    },
    async read(sync, source, rejectsFile) {
      const directory = setup.makeFolder();
      const { workers } = setup;
      const { signal } = new AbortController();
      const read = await readAlone(source, sync, { directory, workers, signal, rejectsFile });
      const kind = kinds[sync.identifierType];
      const lineSet = await collectLines(read.members, `${directory}/lines`, { kind, workers, signal });
      const lines = openUploadLines(lineSet, kind);
      return { read, lines, directory };
    },
  } as Setup;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'members-'));
    setup.workers = createWorkers({ threads: 2, sortingBytes: 64 * 1024 * 1024 });
  });
  afterAll(async () => {
    await setup.workers.close();
    rmSync(root, { recursive: true, force: true });
  });
  return setup;
}

/** The records of a set, in hexadecimal digits. */
export async function recordsOf(set: MemberSet): Promise<string[]> {
  const texts: string[] = [];
  for await (const records of set.read(0, set.count))
    for (let at = 0; at < records.length; at += set.recordBytes)
      texts.push(records.toString('hex', at, at + set.recordBytes));
  return texts;
}

export async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const part of parts) text += Buffer.from(part).toString('latin1');
  return text;
}

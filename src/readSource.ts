import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SyncConfig, wantedColumns } from './config.ts';
import { createIdentify } from './identifiers/identify.ts';
import type { SealedSet } from './members/memberSet.ts';
import { type ReadResult, readMembers } from './members/readMembers.ts';
import { collectLines } from './members/uploadLines.ts';
import type { SyncReport } from './report.ts';
import type { RunContext } from './runContext.ts';
import { openDuckdb } from './sources/duckdb.ts';
import { openSource } from './sources/openSource.ts';
import { guardState } from './stateErrors.ts';

/** The desired members of a sync, and what became of every other cell. */
export interface DesiredMembers extends ReadResult {
  columns: readonly string[];
  /** One record a line of all members. */
  lines: SealedSet;
  /** The sync's working folder. */
  directory: string;
}

/** Reads the source to its end. Nothing is sent before that. */
export async function readSource(sync: SyncConfig, report: SyncReport, context: RunContext): Promise<DesiredMembers> {
  const directory = join(context.workDirectory, `sync-${sync.name}`);
  await guardState(directory, () => mkdirSync(directory, { mode: 0o700 }));
  const read = await readAll(sync, directory, context);
  Object.assign(report.counts, read.counts);
  report.rejects = read.rejects;
  report.rejectExamples = read.rejectExamples;
  const { identifierType } = sync;
  const { workers, signal } = context;
  const lines = await collectLines(read.members, {
    identifierType,
    directory: join(directory, 'lines'),
    workers,
    signal,
  });
  report.counts.lines = lines.count;
  return { ...read, lines, directory };
}

async function readAll(sync: SyncConfig, directory: string, context: RunContext) {
  const engine = await openDuckdb(directory);
  try {
    const wanted = { ...wantedColumns(sync), key: context.config.rejects?.keyColumn };
    const source = await openSource(context.config.source, wanted, engine);
    await context.rejectsFile?.begin();
    const read = await readMembers(source, sync, {
      directory,
      recordBytes: createIdentify(sync).recordBytes,
      workers: context.workers,
      signal: context.signal,
      rejectsFile: context.rejectsFile,
      onProgress: (rows) => context.progress.show(sync.name, { stage: 'reading', done: rows, unit: 'rows' }),
    });
    return { ...read, columns: source.columns };
  } finally {
    engine.close();
  }
}

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Config, sourceOf, wantedColumns } from '../config/schema.ts';
import { resolveAudience } from '../destinations/audiences.ts';
import type { Destination } from '../destinations/destination.ts';
import { openJournal } from '../journal/openJournal.ts';
import { startOf } from '../reading/cursor.ts';
import { wantedBy } from '../reading/readTogether.ts';
import { describeError } from '../report/describeError.ts';
import type { ReportedError } from '../report/report.ts';
import type { SourceConfig } from '../sources/config.ts';
import { openSource } from '../sources/openSource.ts';
import type { WantedColumns } from '../sources/source.ts';
import { planMemory } from '../system/memory.ts';
import { readRoom, requireRoom } from '../system/processLimits.ts';
import { guardState } from '../system/stateErrors.ts';

export interface CheckResult {
  part: string;
  ok: boolean;
  message: string;
  error: ReportedError | null;
}

/** Checks each part that a sync needs, one after the other. Changes nothing, and never throws. */
export async function checkParts(
  config: Config,
  destinationOf: (name: string) => Destination,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const results = [await checkPart('state', () => checkState(config.state.directory))];
  for (const sync of config.syncs)
    results.push(
      await checkPart(`source of ${sync.name}`, () =>
        checkSource(sourceOf(config, sync), wantedBy([{ sync, cursor: startOf(sync) }], config), signal),
      ),
    );
  for (const [index, entry] of config.suppress.entries())
    results.push(
      await checkPart(`suppress[${index}]`, () =>
        checkSource(entry.source, { choices: [wantedColumns(entry)] }, signal),
      ),
    );
  for (const sync of config.syncs)
    results.push(
      await checkPart(`audience of ${sync.name}`, () => checkAudience(sync, destinationOf(sync.destination))),
    );
  return results;
}

async function checkPart(part: string, check: () => Promise<string>): Promise<CheckResult> {
  try {
    return { part, ok: true, message: await check(), error: null };
  } catch (thrown) {
    const error = describeError(thrown);
    return { part, ok: false, message: error.message, error };
  }
}

/** Throws if the journal is not readable, or if the state directory, or the nearest folder above it, is not writable. */
async function checkState(directory: string): Promise<string> {
  await using journal = await openJournal(directory, 'read');
  await guardState(`the state directory ${directory}`, () =>
    rmSync(mkdtempSync(join(nearestFolder(directory), '.line-ads-sync-check-')), { recursive: true }),
  );
  const [last] = await journal.lastRuns(1);
  const history = last === undefined ? 'No run is recorded.' : `The last run was ${last.runId}.`;
  return `The directory ${directory} is writable. ${history}`;
}

function nearestFolder(directory: string): string {
  let folder = resolve(directory);
  while (statSync(folder, { throwIfNoEntry: false }) === undefined) folder = dirname(folder);
  return folder;
}

/** Opens a source. That fails if it cannot be reached or read, or if it lacks a column. */
async function checkSource(source: SourceConfig, wanted: WantedColumns, signal: AbortSignal): Promise<string> {
  if (source.type === 'stdin') return 'Only preview and sync read standard input. It was not checked.';
  requireRoom(readRoom());
  const directory = await guardState(`the temporary folder ${tmpdir()}`, () =>
    mkdtempSync(join(tmpdir(), 'line-ads-sync-check-')),
  );
  try {
    await using opened = await openSource(source, wanted, {
      ...{ directory, signal },
      stdin: refuseStdin,
      duckdbBytes: planMemory().duckdbBytes,
    });
    return `The source is readable. Columns: ${opened.columns.join(', ')}.`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const refuseStdin = () => Promise.reject(new Error('standard input is not read by check'));

async function checkAudience(sync: Config['syncs'][number], destination: Destination): Promise<string> {
  const audience = resolveAudience(await destination.audiences.recall(), sync, destination.words);
  const found =
    audience === undefined
      ? 'No audience has this name yet; the first sync creates it.'
      : `Audience ${audience.id} is ${audience.status}.`;
  return `LINE answered a signed read. ${found} Only the first upload shows whether the key may upload.`;
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { openDestinations } from '../destinations/openDestination.ts';
import type { Journal } from '../journal/journal.ts';
import { openWorkFolder } from '../journal/local/workFolder.ts';
import { createRejectsFile } from '../members/rejectsFile.ts';
import { createWorkers } from '../members/workers.ts';
import type { ReadingContext } from '../reading/context.ts';
import { readTogether } from '../reading/readTogether.ts';
import { createSharedReads } from '../reading/sharedReads.ts';
import { createSuppressions } from '../reading/suppressions.ts';
import { keepStdin } from '../sources/files/stdin.ts';
import { planMemory } from '../system/memory.ts';
import { createClaims } from './claims.ts';
import type { RunContext } from './context.ts';
import { createGrace } from './grace.ts';
import type { RunOptions } from './options.ts';

/** Disposal closes the resources of the run and removes its working files. */
export interface OpenedContext extends AsyncDisposable {
  context: RunContext;
}

export async function openContext(options: RunOptions, runId: string, journal: Journal): Promise<OpenedContext> {
  const { config, clock, signal } = options;
  await using opened = new AsyncDisposableStack();
  const reading = await openReading(options, runId, opened);
  const grace = opened.use(createGrace(config.shutdown.graceMs, clock, signal));
  const context: RunContext = {
    ...reading,
    runId,
    command: options.command,
    wait: config.jobs.wait && options.detach !== true,
    isToRestart: options.restart === true,
    isFull: options.full === true,
    approved: options.approve ?? [],
    destinationOf: openDestinations(config, { ...options, uploadSignal: grace.signal }),
    journal,
    reads: createSharedReads(config, (requests) => reading.readLimit(() => readTogether(requests, reading))),
    suppressions: createSuppressions(reading),
    claimAudience: createClaims(),
    clock,
  };
  const owned = opened.move();
  return { context, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A preview works in the system's folder for temporary files. */
async function openReading(options: RunOptions, runId: string, opened: AsyncDisposableStack): Promise<ReadingContext> {
  const { config, signal, progress } = options;
  const rejectsFile = config.rejects && opened.use(createRejectsFile(config.rejects.path));
  const folder = await openWorkFolder(
    options.command === 'preview' ? tmpdir() : join(config.state.directory, 'work'),
    runId,
  );
  opened.defer(() => folder.remove());
  const memory = planMemory(options.maxMemoryBytes);
  const workers = createWorkers(memory);
  // A worker that does not end cleanly changes no result.
  opened.defer(() => workers.close().catch(() => {}));
  return {
    config,
    workers,
    readLimit: pLimit(memory.reads),
    memory,
    stdin: keepStdin(options.stdin, folder.path, signal),
    rejectsFile,
    workDirectory: folder.path,
    signal,
    progress,
  };
}

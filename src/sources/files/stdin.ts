import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SyncError, systemErrorCode } from '../../errors.ts';
import { guardState } from '../../system/stateErrors.ts';
import type { OpenEngine } from '../duckdb/engine.ts';
import type { Source, WantedColumns } from '../source.ts';
import type { StdinSourceConfig } from './config.ts';
import { openFiles } from './files.ts';

/** Standard input as a file: its path, once all of it has come. */
export type KeptStdin = (format: StdinSourceConfig['format']) => Promise<string>;

/** JSON lines or CSV from standard input. */
export async function openStdin(
  config: StdinSourceConfig,
  wanted: WantedColumns,
  openEngine: OpenEngine,
  stdin: KeptStdin,
): Promise<Source> {
  const csv = config.csv === undefined ? {} : { csv: config.csv };
  return openFiles({ type: 'files', path: await stdin(config.format), ...csv }, wanted, openEngine);
}

/**
 * Standard input is kept, once, as a file of the run's private folder: files are looked at more than once, and nothing
 * is sent of an input that breaks off.
 */
export function keepStdin(stdin: Readable, directory: string, signal: AbortSignal): KeptStdin {
  let kept: Promise<string> | undefined;
  return (format) => {
    kept ??= writeDown(stdin, join(directory, `standard-input.${format}`), signal);
    return kept;
  };
}

async function writeDown(stdin: Readable, path: string, signal: AbortSignal): Promise<string> {
  const file = await guardState(path, () => open(path, 'wx', 0o600));
  const stop = () => stdin.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    for await (const part of stdin) await guardState(path, () => file.appendFile(part));
    return path;
  } catch (error) {
    await rm(path, { force: true });
    signal.throwIfAborted();
    throw error instanceof SyncError ? error : brokenOff(error);
  } finally {
    signal.removeEventListener('abort', stop);
    await file.close();
  }
}

function brokenOff(error: unknown): SyncError {
  return new SyncError(
    'source.interrupted',
    `Standard input could not be read to its end (${systemErrorCode(error) ?? 'unexpected end'}).`,
    'Run again with the complete input.',
  );
}

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { SyncError, systemErrorCode } from '../errors.ts';
import { loadConfig } from '../loadConfig.ts';
import type { OutputFlags } from './output.ts';

export interface ConfigFlags extends OutputFlags {
  config: string;
  only?: string[];
  state?: string;
}

export function readJsonText(what: string, option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new SyncError(
      'config.invalid',
      `Cannot read ${what} ${path === '-' ? 'from stdin' : path} (${systemErrorCode(error) ?? 'unreadable'}).`,
      `Give the path of a JSON file with ${option}, or "-" and the text on stdin.`,
    );
  }
}

function readsStdin({ source, syncs, suppress }: Config): boolean {
  return [source, ...[...syncs, ...suppress].map((entry) => entry.source)].some((each) => each?.type === 'stdin');
}

function stdinTwice(): SyncError {
  return new SyncError(
    'config.invalid',
    'Standard input cannot be the configuration and a source at once.',
    'Give the configuration as a file: --config FILE.',
  );
}

/** The configuration with the flags applied: its syncs are those to work on. */
export function readConfig(flags: ConfigFlags, log: Logger): Config {
  const { config, warnings } = loadConfig(readJsonText('the configuration', '--config', flags.config), {
    env: process.env,
  });
  for (const { code, message } of warnings) log.warn({ code }, message);
  const names = config.syncs.map(({ name }) => name);
  const only = flags.only ?? names;
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new SyncError('usage', `No sync is named ${unknown.join(', ')}.`, `Configured: ${names.join(', ')}.`);
  if (flags.config === '-' && readsStdin(config)) throw stdinTwice();
  const syncs = config.syncs.filter(({ name }) => only.includes(name));
  return { ...config, syncs, state: { ...config.state, directory: flags.state ?? config.state.directory } };
}

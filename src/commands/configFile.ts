import type { Logger } from 'pino';
import type { ParseText } from '../config/configText.ts';
import { parseJsonText } from '../config/jsonText.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import { isStdin, readInputText } from './inputText.ts';
import type { OutputFlags } from './output.ts';

export interface ConfigFlags extends OutputFlags {
  config: string;
  only?: string[];
  state?: string;
}

function readsStdin({ source, syncs, suppress }: Config): boolean {
  return [source, ...[...syncs, ...suppress].map((entry) => entry.source)].some((each) => each?.type === 'stdin');
}

function stdinTwice(): SyncError {
  return new SyncError(
    'config.invalid',
    'Standard input cannot be both the configuration and a source.',
    'Give the configuration as a file: --config FILE.',
  );
}

/** Few configurations are YAML, so that its parser is loaded when it is needed. */
async function parserFor(path: string): Promise<ParseText> {
  if (!/\.ya?ml$/i.test(path)) return parseJsonText;
  const { parseYamlText } = await import('../config/yamlText.ts');
  return parseYamlText;
}

/** Reads the configuration and applies the flags. It holds only the selected syncs. */
export async function readConfig(flags: ConfigFlags, log: Logger, signal: AbortSignal): Promise<Config> {
  const input = { name: 'the configuration', option: '--config', path: flags.config };
  const text = await readInputText(input, signal);
  const { config, warnings } = loadConfig(text, { env: process.env }, await parserFor(flags.config));
  for (const { code, message } of warnings) log.warn({ code }, message);
  const names = config.syncs.map(({ name }) => name);
  const only = flags.only ?? names;
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new SyncError(
      'usage',
      `No sync is named ${unknown.join(', ')}.`,
      `Use a configured sync: ${names.join(', ')}.`,
    );
  if (isStdin(flags.config) && readsStdin(config)) throw stdinTwice();
  const syncs = config.syncs.filter(({ name }) => only.includes(name));
  return { ...config, syncs, state: { ...config.state, directory: flags.state ?? config.state.directory } };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Case, Program } from './cases.ts';

const naive = resolve(import.meta.dirname, 'naive');

/** The place of a case's rows. */
export type Input = { path: string } | { url: string; table: string };

/** One run of one program: a new folder for its state, and the measured command. */
export interface Invocation extends AsyncDisposable {
  command: string[];
  /** Throws if the output of the program shows that it has not done the whole work. */
  checkOutput(stdout: string): void;
}

/** The inputs of a run: the rows, LINE's URL, and our command (`dist/cli.js`). */
export interface InvocationOptions {
  input: Input;
  lineUrl: string;
  cli: string;
}

export async function prepare(program: Program, which: Case, options: InvocationOptions): Promise<Invocation> {
  if (program === 'ours') return prepareOurs(which, options);
  const command = program === 'node' ? nodeCommand(which, options) : pythonCommand(which, options);
  return { command, checkOutput: () => {}, [Symbol.asyncDispose]: async () => {} };
}

async function prepareOurs({ type, rows }: Case, { input, lineUrl, cli }: InvocationOptions): Promise<Invocation> {
  const folder = await mkdtemp(join(tmpdir(), 'line-ads-sync-bench-'));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(ourConfig(type, input, lineUrl, join(folder, 'state'))));
  return {
    command: [process.execPath, cli, 'sync', '--config', config, '--quiet'],
    checkOutput(stdout) {
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      const read: unknown = report.syncs?.[0]?.counts?.rows;
      if (report.status !== 'succeeded') throw new Error(`line-ads-sync ended with the status ${report.status}.`);
      if (read !== rows) throw new Error(`line-ads-sync read ${read} of ${rows} rows.`);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** An invented account. Phones have one form, like those of the naive programs. */
function ourConfig(type: Case['type'], input: Input, lineUrl: string, stateDirectory: string): object {
  return {
    connection: {
      adAccountId: 'A12345678901',
      accessKey: 'benchmark-access-key',
      secretKey: 'benchmark-secret-key',
      baseUrl: lineUrl,
    },
    source: 'path' in input ? { type: 'files', ...input } : { type: 'postgres', ...input },
    syncs: [
      {
        name: 'bench',
        audienceName: 'bench',
        identifierType: type,
        mode: 'mirror',
        ...(type === 'phone' && { defaultCountry: 'JP', phoneFormats: ['e164'] }),
      },
    ],
    jobs: { pollMinMs: 10, settleMs: 10, pollMaxMs: 100 },
    state: { directory: stateDirectory },
  };
}

function nodeCommand({ source, type }: Case, { input, lineUrl }: InvocationOptions): string[] {
  const from = 'path' in input ? ['--from', input.path] : ['--from', input.url, '--table', input.table];
  const program = join(naive, 'node.ts');
  return [process.execPath, program, '--source', source, '--type', type, ...from, '--to', lineUrl];
}

function pythonCommand({ type }: Case, { input, lineUrl }: InvocationOptions): string[] {
  if (!('path' in input)) throw new Error('The Python program reads files only.');
  return ['python3', join(naive, 'python.py'), '--type', type, '--from', input.path, '--to', lineUrl];
}

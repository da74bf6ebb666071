import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { cliPath } from '../cli/cliProcess.ts';
import { codeBlocks, codeSpans, documents, english } from './documents.ts';

const run = promisify(execFile);

/** A flag as `--help` of a command describes it. */
interface Flag {
  takesValue: boolean;
  /** Empty: any value. */
  choices: readonly string[];
}

function readFlags(help: string): Map<string, Flag> {
  const options = help
    .slice(help.indexOf('Options:'))
    .matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)( <.+?>)?([\s\S]*?)(?=^ {2}-|^$)/gm);
  return new Map(
    [...options].map(([, flag, value, text]) => {
      const [, choices = ''] = /\(choices: ((?:"[^"]+"[,\s]*)+)/.exec(text!) ?? [];
      return [
        flag!,
        { takesValue: value !== undefined, choices: [...choices.matchAll(/"([^"]+)"/g)].map(([, choice]) => choice!) },
      ];
    }),
  );
}

describe('commands and flags', async () => {
  const help = async (...command: string[]) => {
    const { stdout } = await run(process.execPath, [cliPath, ...command, '--help']);
    return stdout;
  };
  const overview = await help();
  const list = overview.slice(overview.indexOf('Commands:'), overview.indexOf('Examples:'));
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!);
  const helpTexts = await Promise.all(commands.filter((name) => name !== 'help').map((name) => help(name)));
  const flagsByCommand = new Map(
    commands.filter((name) => name !== 'help').map((name, index) => [name, readFlags(helpTexts[index]!)]),
  );
  const flags = new Set([...flagsByCommand.values()].flatMap((known) => [...known.keys()]));

  /** The words of the command line after `line-ads-sync`, up to the end of the line, a pipe or a comment. */
  const commandLines = [...documents].flatMap(([path, document]) => {
    const code = [...codeBlocks(document, 'sh'), ...codeBlocks(document, 'text')].join('\n').replaceAll('\\\n', ' ');
    const lines = code.matchAll(/(?:^|[|$] |\s)line-ads-sync ([a-z]+(?: [^\n|#]*)?)/g);
    return [...lines].map(([, line]) => ({ path, line: line!.trim() }));
  });

  /** Why the program would refuse a command line; undefined if it would not. */
  function problemOf(line: string): string | undefined {
    const [command = '', ...words] = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
    const known = flagsByCommand.get(command);
    if (known === undefined) return 'unknown command';
    const given = new Set<string>();
    for (const [index, word] of words.entries()) {
      if (!word.startsWith('--')) continue;
      const flag = known.get(word);
      const value = words[index + 1];
      if (flag === undefined) return `unknown flag ${word}`;
      if (flag.takesValue && (value === undefined || value.startsWith('--'))) return `${word} lacks a value`;
      if (flag.choices.length > 0 && !flag.choices.includes(value!)) return `${word} does not take ${value}`;
      given.add(word);
    }
    const required = { explain: ['--type'], sql: ['--dialect', '--type', '--column'] }[command] ?? [];
    const config = known.has('--config') ? ['--config'] : [];
    const missing = [...required, ...config].find((flag) => !given.has(flag));
    return missing === undefined ? undefined : `${missing} is missing`;
  }

  test('the manual describes every command and flag that --help lists', () => {
    expect(commands.length).toBeGreaterThan(6);
    expect(flags.size).toBeGreaterThan(15);
    const spans = english.flatMap(([, text]) => codeSpans(text));
    expect(commands.filter((name) => !spans.includes(name))).toEqual([]);
    expect([...flags].filter((flag) => !spans.some((span) => span.split(' ')[0] === flag))).toEqual([]);
  });

  test('every command line in a code block is one that the program accepts', () => {
    const shown = new Set(commandLines.map(({ line }) => line.split(' ')[0]));
    expect([...shown].sort()).toEqual(
      expect.arrayContaining(['check', 'explain', 'preview', 'simulate', 'sql', 'sync']),
    );
    const refused = commandLines.map(({ path, line }) => ({ path, line, problem: problemOf(line) }));
    expect(refused.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  test('a command line with an unknown flag, without its value or without a required flag is found', () => {
    expect(problemOf('sync --config a.json --fast')).toBe('unknown flag --fast');
    expect(problemOf('sync --config')).toBe('--config lacks a value');
    expect(problemOf('sync --full')).toBe('--config is missing');
    expect(problemOf('explain --type fax -')).toBe('--type does not take fax');
    expect(problemOf('synch --config a.json')).toBe('unknown command');
  });

  test('commands and flags that are named in the text exist', () => {
    const spans = [...documents.values()].flatMap(codeSpans);
    const named = spans.filter((span) => span.startsWith('line-ads-sync ')).map((span) => span.split(' ')[1]!);
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
    const starts = spans.map((span) => span.split(' ')[0]!).filter((word) => /^--[a-z-]+$/.test(word));
    expect(starts.filter((flag) => !flags.has(flag))).toEqual([]);
  });

  test('the output that the manual shows of explain is the real one', async () => {
    const block = codeBlocks(documents.get('docs/identifiers.md')!, 'text').find((text) => text.includes('explain'))!;
    const [, value, args] = /^\$ echo '(.*)' \| line-ads-sync (.*)$/m.exec(block)!;
    const running = run(process.execPath, [cliPath, ...args!.split(' ')]);
    running.child.stdin!.end(`${value}\n`);
    const { stdout } = await running;
    expect(block.split('\n').slice(1).join('\n').trim()).toBe(stdout.trim());
  });
});

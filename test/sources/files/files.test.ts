import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFiles } from '../../../src/sources/files/files.ts';
import { openStdin } from '../../../src/sources/files/stdin.ts';
import type { WantedColumns } from '../../../src/sources/source.ts';
import { evaluateWithoutRoot } from '../../setup/asOtherUser.ts';
import { readAll, readFileColumn, syncErrorOf, useSources } from '../sourceSetup.ts';

const sources = useSources();

async function errorOf(path: string) {
  return syncErrorOf(readFileColumn(sources.engine, `${sources.folder}/${path}`));
}

test('a path that matches nothing is not found, and the working directory is told', async () => {
  const error = await errorOf('nothing/*.csv');
  expect(error.code).toBe('source.not_found');
  expect(error.message).toBe(`No file matches source.path ${sources.folder}/nothing/*.csv.`);
  expect(error.hint).toContain(process.cwd());
});

test('a folder is no file, and the hint says what to write', async () => {
  mkdirSync(`${sources.folder}/empty`);
  const error = await errorOf('empty/');
  expect(error.code).toBe('source.not_found');
  expect(error.hint).toContain(`${sources.folder}/empty/*.parquet`);
});

test.each(['list.txt', 'list', 'list.csv.bz2', 'list.xlsx', 'csv'])(
  'a file that is called %s tells no kind',
  async (name) => {
    sources.write(name, 'email\na@b.c\n');
    const error = await errorOf(name);
    expect(error.code).toBe('source.unreadable');
    expect(error.hint).toContain('.parquet, .csv');
  },
);

test('CSV files and standard input as CSV are read without DuckDB', async () => {
  const path = sources.write('plain/people.csv', 'email\na@b.c\n');
  const choices: WantedColumns = { choices: [{ names: ['email'], required: 'all' }] };
  const openEngine = () => Promise.reject(new Error('DuckDB was started'));
  const { signal } = new AbortController();
  for (const source of [
    await openFiles({ type: 'files', path }, choices, openEngine),
    await openStdin({ type: 'stdin', format: 'csv' }, choices, openEngine, async () => path),
  ])
    expect((await readAll(source, signal)).values).toEqual([['a@b.c']]);
});

test('kinds may be mixed, and endings may be in capitals', async () => {
  sources.write('mixed/1.CSV', 'email\na\n');
  sources.write('mixed/2.tsv', 'id\temail\n1\tb\n');
  sources.write('mixed/3.JSONL', '{"email":"c"}\n');
  await sources.maker.run(`COPY (SELECT 'd' AS email) TO '${sources.folder}/mixed/4.parquet'`);
  expect(await readFileColumn(sources.engine, `${sources.folder}/mixed/*`)).toEqual(['a', 'b', 'c', 'd']);
});

test('folders below are reached by **', async () => {
  sources.write('deep/a/b/1.csv', 'email\na\n');
  sources.write('deep/2.csv', 'email\nb\n');
  expect((await readFileColumn(sources.engine, `${sources.folder}/deep/**/*.csv`)).sort()).toEqual(['a', 'b']);
});

describe('a path that is no file', () => {
  test.each([
    ['a named pipe', 'pipe.csv'],
    ['a named pipe of another kind', 'pipe.jsonl.gz'],
    ['a named pipe behind a link', 'to-pipe.parquet'],
    ['a named pipe among the matches of a glob', 'pip*.csv'],
    ['a device', 'null.csv'],
  ])('is refused, as reading it may never end: %s', async (_, path) => {
    mkdirSync(`${sources.folder}/special`, { recursive: true });
    for (const name of ['pipe.csv', 'pipe.jsonl.gz'])
      if (!existsSync(`${sources.folder}/special/${name}`)) spawnSync('mkfifo', [`${sources.folder}/special/${name}`]);
    link('pipe.csv', 'special/to-pipe.parquet');
    link('/dev/null', 'special/null.csv');
    const error = await errorOf(`special/${path}`);
    expect(error.code).toBe('source.unreadable');
    expect(error.message).toMatch(/it is (a named pipe|a device), not a file/);
    expect(error.hint).toContain('stdin');
  });

  test('is refused as a device of the system, too', async () => {
    const error = await syncErrorOf(readFileColumn(sources.engine, '/dev/null'));
    expect(error.message).toContain('/dev/null: it is a device, not a file');
  });

  test.each(['gone/*.csv', 'gone/b.csv'])('is refused when it is a link that leads nowhere: %s', async (path) => {
    sources.write('gone/a.csv', 'email\na\n');
    link('nowhere.csv', 'gone/b.csv');
    expect((await errorOf(path)).code).toBe('source.not_found');
  });

  test.each(['loop/*.csv', 'loop/a.csv'])('is refused when its folder cannot be listed: %s', async (path) => {
    link('loop', 'loop');
    const error = await errorOf(path);
    expect(error.code).toBe('source.unreadable');
    expect(error.message).toContain('ELOOP');
  });

  test('is refused when a folder among the matches cannot be listed', () => {
    sources.write('closed/a/1.csv', 'email\na\n');
    sources.write('closed/b/1.csv', 'email\nb\n');
    chmodSync(sources.folder, 0o755);
    chmodSync(`${sources.folder}/closed/b`, 0);
    const paths = ['closed/*/1.csv', 'closed/*/*.csv', 'closed/**/*.csv'].map((path) => `${sources.folder}/${path}`);
    const script = `for (const path of ${JSON.stringify(paths)})
      await listFiles(path).then(() => console.log('listed'), ({ code }) => console.log(code));`;
    const listFiles = resolve(import.meta.dirname, '../../../src/sources/files/listFiles.ts');
    const codes = evaluateWithoutRoot(`import { listFiles } from ${JSON.stringify(listFiles)}`, script).split('\n');
    expect(codes).toEqual(paths.map(() => 'source.unreadable'));
    chmodSync(`${sources.folder}/closed/b`, 0o700);
  });
});

describe('a glob', () => {
  function write(...names: string[]): void {
    for (const name of names) sources.write(`glob/${name}`, `email\n${name}\n`);
  }

  test.each([
    ['*.csv', ['.hidden.csv', 'a.csv', 'b1.csv', 'b2.csv', '{xy}.csv', 'ü.csv', '😀.csv']],
    ['?.csv', ['a.csv', 'ü.csv', '😀.csv']],
    ['b[12].csv', ['b1.csv', 'b2.csv']],
    ['b[!1].csv', ['b2.csv']],
    ['[a-b]*.csv', ['a.csv', 'b1.csv', 'b2.csv']],
    ['{x?}.csv', ['{xy}.csv']],
    ['*/a.csv', ['deep/a.csv']],
    ['d*/*/a.csv', ['deep/er/a.csv']],
    ['deep/**/a.csv', ['deep/a.csv', 'deep/er/a.csv']],
    ['**/a.csv', ['a.csv', 'deep/a.csv', 'deep/er/a.csv']],
    ['**/er/*.csv', ['deep/er/a.csv']],
    ['./deep//a.csv', ['deep/a.csv']],
    ['deep/**', ['deep/a.csv', 'deep/er/a.csv']],
  ])('%s gives the files that match, in the order of their names', async (glob, names) => {
    write('a.csv', 'b1.csv', 'b2.csv', 'ü.csv', '😀.csv', '{xy}.csv', '.hidden.csv', 'deep/a.csv', 'deep/er/a.csv');
    mkdirSync(`${sources.folder}/glob/folder.csv`, { recursive: true });
    expect(await readFileColumn(sources.engine, `${sources.folder}/glob/${glob}`)).toEqual(names);
  });

  test('follows links to files and to folders, but not below **', async () => {
    sources.write('data/real/1.csv', 'email\na\n');
    mkdirSync(`${sources.folder}/linked`, { recursive: true });
    link('../data/real', 'linked/folder');
    link('../data/real/1.csv', 'linked/file.csv');
    const read = (path: string) => readFileColumn(sources.engine, `${sources.folder}/linked/${path}`);
    expect(await read('*.csv')).toEqual(['a']);
    expect(await read('*/1.csv')).toEqual(['a']);
    expect(await read('folder/*')).toEqual(['a']);
    expect(await read('**/*.csv')).toEqual(['a']);
  });

  test('may be relative to the working directory', async () => {
    const path = relative(process.cwd(), `${sources.folder}/glob`);
    write('a.csv');
    expect(await readFileColumn(sources.engine, `${path}/?.csv`)).toContain('a.csv');
  });
});

function link(target: string, name: string): void {
  rmSync(`${sources.folder}/${name}`, { force: true });
  symlinkSync(target, `${sources.folder}/${name}`);
}

import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readFileColumn, syncErrorOf, useSources } from './sourceSetup.ts';

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

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { createRejectsFile, type ListedReject } from '../../src/members/rejectsFile.ts';
import type { Chunk, Source } from '../../src/sources/source.ts';
import { chunkOf, linesOf, listColumn, sourceOf, syncOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();
const email = syncOf({ identifierType: 'email' });

function linesIn(path: string): ListedReject[] {
  const text = readFileSync(path, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Reads sources side by side into one rejects file. */
async function listAll(...sources: readonly Source[]) {
  const path = join(setup.makeFolder(), 'rejects.jsonl');
  using file = createRejectsFile(path);
  await file.begin();
  const reads = sources.map((source, index) => setup.read({ ...email, name: `sync-${index}` }, source, file));
  const results = await Promise.all(reads);
  return { path, lines: linesIn(path), results: results.map(({ read }) => read) };
}

function keyed(values: readonly string[], keys: readonly string[]): Chunk {
  return { ...chunkOf(...values), key: linesOf(keys) };
}

describe('every rejected value has its line', () => {
  test('a reject is listed with its row over all chunks, and its column', async () => {
    const chunks = [0, 1].map((part) => ({
      columns: [{ lines: linesOf(['a@b.c', `x${part}`, '']) }, { lines: linesOf(['', 'y z', 'd@@e.f']) }],
    }));
    const { path, lines } = await listAll(sourceOf(chunks, ['Email', 'mail2']));
    expect(lines.map(({ row, column, code }) => [row, column, code])).toEqual([
      [2, 'Email', 'email.no_at'],
      [2, 'mail2', 'email.inner_space'],
      [3, 'mail2', 'email.several_at'],
      [5, 'Email', 'email.no_at'],
      [5, 'mail2', 'email.inner_space'],
      [6, 'mail2', 'email.several_at'],
    ]);
    const [first] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe('{"sync":"sync-0","row":2,"column":"Email","code":"email.no_at","shape":"a0"}');
  });

  test('a reject in a list has the row and the key of its list', async () => {
    const lists = [
      { columns: [listColumn([['a@b.c', 'x'], ['']])], key: linesOf(['K1', 'K2']) },
      { columns: [listColumn([['y', 'z'], ['w']])], key: linesOf(['K3', 'K4']) },
    ];
    const { lines } = await listAll(sourceOf(lists));
    expect(lines.map(({ row, key }) => [row, key])).toEqual([
      [1, 'K1'],
      [3, 'K3'],
      [3, 'K3'],
      [4, 'K4'],
    ]);
  });

  test('all of 20,000 rejects are listed, of which the report shows five', async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => `bad${index}`);
    const chunks = [values.slice(0, 7), values.slice(7, 12_000), values.slice(12_000)].map((part) => chunkOf(...part));
    const { lines, results } = await listAll(sourceOf(chunks));
    expect(lines.map(({ row }) => row)).toEqual(values.map((_, index) => index + 1));
    expect(results[0]?.rejects).toEqual({ 'email.no_at': 20_000 });
    expect(results[0]?.rejectExamples.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5]);
  });

  test('lines of syncs that read side by side are whole, and have the name of their sync', async () => {
    const chunks = () =>
      Array.from({ length: 20 }, () => chunkOf(...Array.from({ length: 200 }, (_, at) => `bad${at}`)));
    const { lines } = await listAll(sourceOf(chunks()), sourceOf(chunks()));
    for (const sync of ['sync-0', 'sync-1'])
      expect(lines.filter((line) => line.sync === sync).map(({ row }) => row)).toEqual(
        Array.from({ length: 4_000 }, (_, index) => index + 1),
      );
  });
});

describe('the key', () => {
  test('the key is listed as it is, and a null or blank one as null', async () => {
    const keys = [' K 1 ', '', ' \u3000', '顧客"\\', 'a\rb\x01'];
    const { lines } = await listAll(sourceOf([keyed(['x', 'x', 'x', 'x', 'x'], keys)]));
    expect(lines.map(({ key }) => key)).toEqual([' K 1 ', null, null, '顧客"\\', 'a\rb\x01']);
  });

  test('the key is no value, and is in no report', async () => {
    const chunk = keyed(['a@b.c', 'x'], ['marked@example.com', 'marked']);
    const { results } = await listAll(sourceOf([chunk]));
    expect(results[0]?.counts).toMatchObject({ rows: 2, values: 2, rejected: 1, members: 1 });
    expect(JSON.stringify(results[0]?.rejectExamples)).not.toMatch(/marked|key/);
  });
});

test('no value is in the file, nor a key of a row without a reject', async () => {
  const marked = [
    'marked',
    'marked@@example.com',
    'mar ked@example.com',
    'marked\r@example.com',
    '電話@x',
    'f'.repeat(63),
  ];
  const { path } = await listAll(
    sourceOf([keyed([...marked, 'fine@example.com'], [...marked.map(() => 'K'), 'unseen'])]),
  );
  const text = readFileSync(path, 'utf8');
  expect(text.split('\n')).toHaveLength(marked.length + 1);
  expect(text).not.toMatch(/marked|mar ked|example|電話|fff|unseen/);
});

test('a rejects file changes nothing in the result of a read', async () => {
  const values = Array.from({ length: 50 }, (_, index) =>
    index % 3 === 0 ? `bad${index}` : `user${index % 9}@example.com`,
  );
  const { results } = await listAll(sourceOf([keyed(values, values.map(String))]));
  const { read } = await setup.read(email, sourceOf([chunkOf(...values)]));
  const { members, ...account } = results[0]!;
  const { members: sameMembers, ...sameAccount } = read;
  expect(account).toEqual(sameAccount);
  expect(members.digest).toBe(sameMembers.digest);
});

describe('the file', () => {
  const reject: ListedReject = { sync: 'people', row: 1, column: 'email', code: 'email.no_at', shape: 'a' };

  test('the file is for this user only, even if it was open to all, and its earlier content is gone', async () => {
    const path = join(setup.makeFolder(), 'rejects.jsonl');
    writeFileSync(path, `${JSON.stringify({ ...reject, key: 'K' })}\n`.repeat(9));
    chmodSync(path, 0o644);
    using file = createRejectsFile(path);
    await file.begin();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.list([reject]);
    expect(linesIn(path)).toEqual([reject]);
  });

  test('the file is emptied once, however many syncs begin', async () => {
    const path = join(setup.makeFolder(), 'rejects.jsonl');
    using file = createRejectsFile(path);
    await file.begin();
    await file.list([reject]);
    await file.begin();
    await file.list([reject]);
    expect(linesIn(path)).toEqual([reject, reject]);
  });

  test('a file that could not be extended ends with a whole line, so that the next run recognises it', async () => {
    const path = join(setup.makeFolder(), 'rejects.jsonl');
    const script = `import { createRejectsFile } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/members/rejectsFile.ts'))};
      const file = createRejectsFile(${JSON.stringify(path)}); await file.begin();
      await file.list([${JSON.stringify(reject)}]);
      await file.list(new Array(5_000).fill(${JSON.stringify(reject)})).catch(({ code }) => console.log(code));`;
    const command = 'trap "" XFSZ; ulimit -f 64; exec "$0" --input-type=module -e "$1"';
    const told = execFileSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    expect(told.trim()).toBe('state.disk_full');
    expect(linesIn(path)).toEqual([reject]);
    using file = createRejectsFile(path);
    await file.begin();
  });

  test.each<[string, string]>([
    ['a CSV source', 'email,sync\na@example.com,x\n'],
    ['a configuration', '{"connection":{}}\n'],
    ['JSON lines that begin alike', '{"sync":"calendar","email":"a@example.com"}\n'],
    [
      'JSON lines with one field more',
      `${JSON.stringify({ ...{ sync: 'a', row: 1, column: 'b', code: 'c', shape: 'd' }, email: 'e' })}\n`,
    ],
    ['a line without an end', '{"sync":"a","row":1,"column":"b","code":"c","shape":"d"}'],
    ['a blank line', '\n'],
    ['null', 'null\n'],
  ])('a file of other content keeps its content and its rights: %s', async (_, content) => {
    const path = join(setup.makeFolder(), 'rejects.jsonl');
    writeFileSync(path, content);
    chmodSync(path, 0o644);
    using file = createRejectsFile(path);
    await expect(file.begin()).rejects.toMatchObject({ code: 'state.not_ours' });
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test('the file is not looked for behind a link', async () => {
    const folder = setup.makeFolder();
    writeFileSync(join(folder, 'target'), '');
    symlinkSync(join(folder, 'target'), join(folder, 'rejects'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    for (const name of ['rejects', 'dangling']) {
      using file = createRejectsFile(join(folder, name));
      await expect(file.begin()).rejects.toMatchObject({ code: 'state.not_ours' });
    }
    expect(readdirSync(folder).sort()).toEqual(['dangling', 'rejects', 'target']);
  });

  test.each<[string, (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe that nobody reads', (path) => execFileSync('mkfifo', [path])],
    ['a device', (path) => symlinkSync('/dev/null', path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['in a folder that is missing', () => {}],
  ])('a file that is %s is refused, with its path in the message', async (what, make) => {
    const folder = setup.makeFolder();
    const path = join(folder, what.includes('missing') ? 'missing/rejects' : 'rejects');
    make(path);
    using file = createRejectsFile(path);
    const error = await file.begin().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SyncError);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^state\.not_(ours|writable)$/),
      message: expect.stringContaining(`the rejects file ${path}`),
      hint: expect.stringContaining('rejects.path'),
    });
  });
});

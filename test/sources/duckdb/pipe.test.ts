import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPipe, type Pipe } from '../../../src/sources/duckdb/pipe.ts';

let folder: string;
let pipes = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipes-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function makePipe(): Promise<{ pipe: Pipe; path: string }> {
  const path = join(folder, `pipe-${++pipes}`);
  return { pipe: await createPipe(path), path };
}

async function textOf(pipe: Pipe): Promise<string> {
  let text = '';
  for await (const part of pipe.parts()) text += Buffer.from(part).toString();
  return text;
}

test('what is written comes out whole, also more than is gathered at a time', async () => {
  const { pipe, path } = await makePipe();
  const written = 'line\n'.repeat(600_000);
  const writing = open(path, constants.O_WRONLY).then(async (file) => {
    await file.writeFile(written);
    await file.close();
    pipe.endWriting();
  });
  expect((await textOf(pipe)) === written).toBe(true);
  await writing;
  await pipe.remove();
});

test('a pipe that nobody wrote to ends when writing ends', async () => {
  const { pipe } = await makePipe();
  pipe.endWriting();
  expect(await textOf(pipe)).toBe('');
  await pipe.remove();
});

test('a writer that comes after the reader has stopped does not wait for ever', async () => {
  const { pipe, path } = await makePipe();
  pipe.stop();
  pipe.endWriting();
  const late = await open(path, constants.O_WRONLY);
  await late.close();
  await pipe.remove();
});

test('who writes on after the reader has stopped is told so', async () => {
  const { pipe, path } = await makePipe();
  const writer = openSync(path, constants.O_WRONLY);
  pipe.stop();
  const file = await open(path, constants.O_WRONLY);
  await expect(file.writeFile('x'.repeat(1 << 20))).rejects.toMatchObject({ code: 'EPIPE' });
  await file.close();
  closeSync(writer);
  pipe.endWriting();
  await pipe.remove();
});

test('a place where no pipe can be made is an error that says so', async () => {
  await expect(createPipe('/proc/pipe')).rejects.toMatchObject({ code: 'state.not_writable' });
});

test.each<[NodeJS.ErrnoException, string]>([
  [Object.assign(new Error('spawn mkfifo ENOENT'), { code: 'ENOENT' }), 'process.no_mkfifo'],
  [Object.assign(new Error('spawn mkfifo EAGAIN'), { code: 'EAGAIN' }), 'process.limit'],
  [Object.assign(new Error('mkfifo: cannot create fifo'), { code: 1 as never }), 'state.not_writable'],
])('a pipe that cannot be made is told by its cause: %s', async (failure, code) => {
  const run = () => Promise.reject(failure);
  await expect(createPipe(join(folder, 'pipe-never'), run)).rejects.toMatchObject({ code });
});

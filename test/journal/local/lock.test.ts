import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SyncError } from '../../../src/errors.ts';
import { lockState, tryLock } from '../../../src/journal/local/lock.ts';
import { evaluateWithoutRoot } from '../../setup/asOtherUser.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof SyncError ? error.code : `no SyncError: ${String(error)}`;
}

/** A process that holds the lock until it is killed. */
async function startHolder(directory: string) {
  const lockFile = resolve(import.meta.dirname, '../../../src/journal/local/lock.ts');
  const script = `import { lockState } from ${JSON.stringify(lockFile)};
    globalThis.lock = await lockState(${JSON.stringify(directory)});
    console.log('locked'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}

describe('a state directory', () => {
  test('a missing state directory is made for this user only', async () => {
    const directory = join(folder, 'a/b/state');
    const lock = await lockState(directory);
    expect(['a', 'a/b', 'a/b/state'].map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([
      0o700, 0o700, 0o700,
    ]);
    expect(statSync(join(directory, 'lock')).mode & 0o777).toBe(0o600);
    lock.release();
  });

  test('a state directory belongs to one holder at a time in this process', async () => {
    const lock = await lockState(folder);
    const error = await lockState(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'state.locked' });
    expect((error as Error).message).toContain(folder);
    lock.release();
    (await lockState(folder)).release();
  });

  test('a state directory stays locked after another attempt to lock it', async () => {
    const lock = await lockState(folder);
    for (let attempt = 0; attempt < 3; attempt++) expect(await codeOf(lockState(folder))).toBe('state.locked');
    lock.release();
  });

  test('a state directory is reported as locked at once while another process holds it, and is free when that is killed', async () => {
    const holder = await startHolder(folder);
    const before = performance.now();
    expect(await codeOf(lockState(folder))).toBe('state.locked');
    expect(performance.now() - before).toBeLessThan(1000);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await lockState(folder)).release();
  });

  test('a state directory holds nothing but the lock and the marker, also while it is locked', async () => {
    const lock = await lockState(folder);
    expect(readdirSync(folder)).toEqual(['line-ads-sync-state', 'lock']);
    lock.release();
    expect(readdirSync(folder)).toEqual(['line-ads-sync-state', 'lock']);
  });

  test('when several processes start at once on a new state directory, one gets the lock', async () => {
    const directory = join(folder, 'new/state');
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockState(directory)));
    const locks = results.filter((result) => result.status === 'fulfilled');
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as SyncError).code] : [],
    );
    expect(locks.length).toBe(1);
    expect(new Set(codes)).toEqual(new Set(['state.locked']));
    locks[0]?.value.release();
  });
});

describe('a state directory that cannot be written to', () => {
  test.each<[string, (folder: string) => string]>([
    ['a file', (inside) => write(join(inside, 'file'))],
    ['a folder below a file', (inside) => join(write(join(inside, 'file')), 'state')],
    ['a folder in a file system of the kernel', () => '/proc/line-ads-sync'],
    ['a folder whose name is too long', (inside) => join(inside, 'x'.repeat(300))],
  ])('a state directory cannot be made in place of %s', async (_, prepare) => {
    expect(await codeOf(lockState(prepare(folder)))).toBe('state.not_writable');
  });

  test('a folder that this user may not write to is not a state directory', () => {
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0o555);
    const lockFile = resolve(import.meta.dirname, '../../../src/journal/local/lock.ts');
    const script = `for (const path of ${JSON.stringify(['closed/state', 'closed'].map((name) => join(folder, name)))})
        await lockState(path).then(() => console.log('locked'), ({ code }) => console.log(code));`;
    expect(evaluateWithoutRoot(`import { lockState } from ${JSON.stringify(lockFile)}`, script).split('\n')).toEqual([
      'state.not_writable',
      'state.not_writable',
    ]);
  });

  function write(path: string, content = ''): string {
    writeFileSync(path, content);
    return path;
  }
});

test('a lock that is released twice does no harm', () => {
  const path = join(folder, 'lock');
  const lock = tryLock(path);
  lock?.release();
  const next = tryLock(path);
  expect(next).toBeDefined();
  expect(existsSync(path)).toBe(true);
  next?.release();
});

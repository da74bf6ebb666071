import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openWorkFolder } from '../../../src/journal/local/workFolder.ts';

let parent = '';

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'work-'));
});

afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

/** An id such as a run has. */
function runIdOf(name: string): string {
  return `20261129T000000Z-${Buffer.from(name).toString('hex').padEnd(8, '0').slice(0, 8)}`;
}

/** A process with a working folder of its own, in which it has left a file. */
async function startRun(runId: string) {
  const file = resolve(import.meta.dirname, '../../../src/journal/local/workFolder.ts');
  const script = `import { openWorkFolder } from ${JSON.stringify(file)};
    import { writeFileSync } from 'node:fs';
    globalThis.folder = await openWorkFolder(${JSON.stringify(parent)}, ${JSON.stringify(runId)});
    writeFileSync(folder.path + '/members', 'x');
    console.log(folder.path); setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void run.kill('SIGKILL'));
  const [path] = await once(run.stdout, 'data');
  return { run, path: String(path).trim() };
}

describe('a working folder', () => {
  test('a working folder is for this user only, and is removed with its contents', async () => {
    const folder = await openWorkFolder(join(parent, 'work'), 'run-1');
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    mkdirSync(join(folder.path, 'sync/members'), { recursive: true });
    writeFileSync(join(folder.path, 'sync/members/unsorted'), 'x');
    folder.remove();
    expect(readdirSync(join(parent, 'work'))).toEqual([]);
  });

  test('a working folder cannot be opened twice', async () => {
    const folder = await openWorkFolder(parent, 'run-1');
    await expect(openWorkFolder(parent, 'run-1')).rejects.toMatchObject({ code: 'state.not_writable' });
    folder.remove();
  });

  test('a working folder is not made in a state directory that has vanished, which would lack its marker', async () => {
    const opening = openWorkFolder(join(parent, 'vanished/work'), 'run-1');
    await expect(opening).rejects.toMatchObject({
      code: 'state.not_writable',
      message: expect.stringContaining('ENOENT'),
    });
    expect(existsSync(join(parent, 'vanished'))).toBe(false);
  });

  test('a working folder cannot be made below a file', async () => {
    writeFileSync(join(parent, 'file'), '');
    const opening = openWorkFolder(join(parent, 'file/work'), 'run-1');
    await expect(opening).rejects.toMatchObject({ code: 'state.not_writable' });
  });
});

describe('the working folder of another run', () => {
  test('the folder of a killed run is removed, and that of a living run stays', async () => {
    const killed = await startRun(runIdOf('killed'));
    const living = await startRun(runIdOf('living'));
    killed.run.kill('SIGKILL');
    await once(killed.run, 'exit');
    expect(existsSync(join(killed.path, 'members'))).toBe(true);
    const folder = await openWorkFolder(parent, runIdOf('next'));
    expect(existsSync(killed.path)).toBe(false);
    expect(existsSync(join(living.path, 'members'))).toBe(true);
    folder.remove();
  });

  test('the folder of a living run in this process stays', async () => {
    const living = await openWorkFolder(parent, runIdOf('living'));
    const folder = await openWorkFolder(parent, runIdOf('next'));
    expect(existsSync(living.path)).toBe(true);
    folder.remove();
    living.remove();
    expect(readdirSync(parent)).toEqual([]);
  });

  test('a folder that no run made stays: another name, no lock, a lock with content, or a link', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    const nameOf = (name: string) => `line-ads-sync-run-${runIdOf(name)}`;
    const makeFolder = (name: string, lock?: string) => {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'people.csv'), 'email\n');
      if (lock !== undefined) writeFileSync(join(parent, name, 'lock'), lock);
    };
    makeFolder('other', '');
    makeFolder('line-ads-sync-run-2026', '');
    makeFolder(nameOf('new'));
    makeFolder(nameOf('theirs'), 'a lock of theirs');
    writeFileSync(join(parent, nameOf('file')), '');
    writeFileSync(join(elsewhere, 'lock'), '');
    symlinkSync(elsewhere, join(parent, nameOf('link')));
    makeFolder(nameOf('hook'));
    symlinkSync(join(elsewhere, 'lock'), join(parent, nameOf('hook'), 'lock'));
    const before = readdirSync(parent, { recursive: true }).sort();
    (await openWorkFolder(parent, runIdOf('next'))).remove();
    expect(readdirSync(parent, { recursive: true }).sort()).toEqual(before);
    expect(readdirSync(elsewhere)).toEqual(['lock']);
  });

  test('a folder is removed without the targets of links in it', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    writeFileSync(join(elsewhere, 'people.csv'), 'email\n');
    const left = await startRun(runIdOf('killed'));
    symlinkSync(elsewhere, join(left.path, 'link'));
    left.run.kill('SIGKILL');
    await once(left.run, 'exit');
    (await openWorkFolder(parent, runIdOf('next'))).remove();
    expect(readdirSync(parent)).toEqual([]);
    expect(readdirSync(elsewhere)).toEqual(['people.csv']);
  });

  test.skipIf(process.getuid?.() !== 0)('a folder of another user is not touched, whatever it contains', async () => {
    const target = join(parent, 'target');
    writeFileSync(target, '');
    chmodSync(target, 0o644);
    const trap = join(parent, `line-ads-sync-run-${runIdOf('trap')}`);
    mkdirSync(trap);
    writeFileSync(join(trap, 'lock'), '');
    symlinkSync(target, join(trap, 'people.csv'));
    chownSync(trap, 12_345, 12_345);
    const folder = await openWorkFolder(parent, runIdOf('next'));
    expect(existsSync(trap)).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o644);
    folder.remove();
  });
});

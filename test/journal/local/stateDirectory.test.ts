import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SyncError } from '../../../src/errors.ts';
import { lockState } from '../../../src/journal/local/lock.ts';
import { openJournal } from '../../../src/journal/openJournal.ts';
import { evaluateWithoutRoot } from '../../setup/asOtherUser.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import { keptName } from '../journalSetup.ts';

let directory = '';
let elsewhere = '';

beforeEach(() => {
  directory = makeFastFolder('state-');
  elsewhere = makeFastFolder('elsewhere-');
});

afterEach(() => {
  for (const folder of [directory, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

const marker = 'line-ads-sync-state';

/** Every path below a folder, with its type, mode and content. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs } = lstatSync(join(folder, name));
      const content = lstatSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), 'base64') : '';
      return [name, mode, content === '' ? size : mtimeMs, content].join(' ');
    });
}

/** As a run that writes begins and ends. */
async function work(): Promise<void> {
  using _lock = await lockState(directory);
  await using journal = await openJournal(directory, 'write');
  await journal.tidy(0);
}

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'no error';
  } catch (error) {
    return error instanceof SyncError ? error.code : String(error);
  }
}

function writeFile(name: string, content = ''): void {
  writeFileSync(join(directory, name), content);
}

function writeEmpty(...names: string[]): void {
  for (const name of names) writeFile(name);
}

describe('foreign directories', () => {
  test.each<[string, () => void]>([
    ['of source files', () => writeFile('people.csv', 'email\n')],
    [
      'with a folder called members',
      () => {
        mkdirSync(join(directory, 'members'));
        writeFile('members/2026.members', 'club');
      },
    ],
    ['with a folder called work', () => mkdirSync(join(directory, 'work'))],
    ['with a file called journal.db', () => writeFile('journal.db', 'dear diary')],
    ['with an empty file called journal.db', () => writeFile('journal.db')],
    [
      'with a database called journal.db',
      () => {
        const database = new DatabaseSync(join(directory, 'journal.db'));
        database.exec('CREATE TABLE runs (run_id TEXT)');
        database.close();
      },
    ],
    ['with a lock alone', () => writeEmpty('lock')],
    ['with a lock and other files', () => writeEmpty('lock', 'people.csv')],
    ['with a lock that has content', () => writeFile('lock', 'pid 1')],
    ['with a folder called lock', () => mkdirSync(join(directory, 'lock'))],
    ['with another file of the marker’s name', () => writeFile(marker, 'something else')],
    ['with a file called lost+found', () => writeFile('lost+found')],
    ['with hidden files alone', () => writeFile('.env', 'SECRET=1')],
  ])(
    'a directory that the program did not make is refused to runs and readers, and left as it is: %s',
    async (_, prepare) => {
      prepare();
      const before = contentsOf(directory);
      expect(await codeOf(work)).toBe('state.not_ours');
      expect(await codeOf(() => openJournal(directory, 'read'))).toBe('state.not_ours');
      expect(contentsOf(directory)).toEqual(before);
    },
  );

  test.each(['lock', 'journal.db', 'journal.db-journal', 'journal.db-new', 'members', 'work', marker])(
    'a link called %s leads elsewhere: it is refused, also beside the marker',
    async (name) => {
      await work();
      rmSync(join(directory, name), { recursive: true, force: true });
      writeFileSync(join(elsewhere, 'empty'), '');
      symlinkSync(['members', 'work'].includes(name) ? elsewhere : join(elsewhere, 'empty'), join(directory, name));
      chmodSync(join(elsewhere, 'empty'), 0o644);
      const before = [contentsOf(directory), contentsOf(elsewhere)];
      expect(await codeOf(work)).toBe('state.not_ours');
      expect(await codeOf(() => openJournal(directory, 'read'))).toBe('state.not_ours');
      expect([contentsOf(directory), contentsOf(elsewhere)]).toEqual(before);
    },
  );

  test('a pipe in the place of a file is refused, and not waited for', async () => {
    await work();
    rmSync(join(directory, 'lock'));
    execFileSync('mkfifo', [join(directory, 'lock')]);
    expect(await codeOf(work)).toBe('state.not_ours');
  });
});

describe('state directories', () => {
  test('the root of a fresh volume is taken as a state directory', async () => {
    mkdirSync(join(directory, 'lost+found'), { mode: 0o700 });
    await work();
    expect(readdirSync(directory).sort()).toEqual(['journal.db', marker, 'lock', 'lost+found']);
    await work();
  });

  test('a directory of an earlier version, which left no marker, is taken as a state directory', async () => {
    await work();
    rmSync(join(directory, marker));
    mkdirSync(join(directory, 'members'));
    writeFile(`members/${keptName('people', 'members')}`);
    await (await openJournal(directory, 'read'))[Symbol.asyncDispose]();
    expect(existsSync(join(directory, marker))).toBe(false);
    await work();
    expect(readdirSync(join(directory, 'members'))).toEqual([]);
    expect(existsSync(join(directory, marker))).toBe(true);
  });

  test.each([
    ['half a marker', () => writeFile(marker, 'This directory')],
    ['an empty marker and a lock', () => writeEmpty(marker, 'lock')],
  ])(
    'a directory is taken as a state directory when a run that was killed at its start left %s',
    async (_, prepare) => {
      prepare();
      await work();
      await work();
    },
  );

  test('a link may stand for the state directory itself', async () => {
    const target = directory;
    directory = join(elsewhere, 'link');
    symlinkSync(target, directory);
    await work();
    expect(readdirSync(target)).toContain('journal.db');
    directory = target;
  });

  test('a state directory stays one when its journal is gone', async () => {
    await work();
    rmSync(join(directory, 'journal.db'));
    await work();
  });
});

test('only files that are named like kept sets are removed from the folder of kept sets', async () => {
  await work();
  mkdirSync(join(directory, 'members'));
  mkdirSync(join(directory, 'members', keptName('folder', 'members')));
  for (const name of ['people.members', 'x.lines', 'people.csv', `${keptName('people', 'lines')}.bak`])
    writeFile(`members/${name}`, 'theirs');
  symlinkSync(join(directory, 'members/people.csv'), join(directory, 'members', keptName('link', 'members')));
  const before = contentsOf(directory).filter((line) => line.startsWith('members/'));
  writeFile(`members/${keptName('people', 'lines')}`);
  await work();
  expect(contentsOf(directory).filter((line) => line.startsWith('members/'))).toEqual(before);
});

describe('another user', () => {
  /** What reading and writing a state directory come to without root's rights. */
  function codesWithoutRoot(path: string): string[] {
    const module = (name: string) => JSON.stringify(resolve(import.meta.dirname, `../../../src/journal/${name}.ts`));
    const imports = `import { openJournal } from ${module('openJournal')}; import { lockState } from ${module('local/lock')}`;
    const script = `const codeOf = async (work) => { try { await work(); return 'no error'; } catch ({ code }) { return code; } };
      console.log(JSON.stringify([await codeOf(() => openJournal(${JSON.stringify(path)}, 'read')),
        await codeOf(() => lockState(${JSON.stringify(path)}))]));`;
    return JSON.parse(evaluateWithoutRoot(imports, script)) as string[];
  }

  test('another user gets the error that the state directory cannot be read, and never an empty journal', async () => {
    await work();
    chmodSync(directory, 0o000);
    expect(codesWithoutRoot(directory)).toEqual(['state.not_readable', 'state.not_writable']);
  });

  test('another user gets the same error for a state directory below a closed one', async () => {
    await work();
    chmodSync(elsewhere, 0o000);
    expect(codesWithoutRoot(join(elsewhere, 'state'))).toEqual(['state.not_readable', 'state.not_writable']);
  });

  test('another user gets the same error for a closed journal in an open directory', async () => {
    await work();
    chmodSync(directory, 0o755);
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o000);
    expect(codesWithoutRoot(directory)).toEqual(['state.not_readable', 'state.not_writable']);
  });
});

test('only a missing directory counts as empty: a file in its path is an error', async () => {
  writeFileSync(join(elsewhere, 'file'), '');
  expect(await codeOf(() => openJournal(join(elsewhere, 'file/state'), 'read'))).toBe('state.not_readable');
  expect(await codeOf(() => openJournal(join(elsewhere, 'file'), 'read'))).toBe('state.not_readable');
  await (await openJournal(join(elsewhere, 'missing/state'), 'read'))[Symbol.asyncDispose]();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openToWrite } from '../../src/journal/sqlite.ts';

test('a step is on the disk when it returns: files are synced, and the folder when the rollback journal is removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const database = openToWrite(join(folder, 'journal.db'), { tables: 'CREATE TABLE runs (id TEXT)', upgrades: [] });
  const settingOf = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  // 3 is EXTRA: https://sqlite.org/pragma.html#pragma_synchronous
  expect(settingOf('synchronous')).toBe(3);
  expect(settingOf('journal_mode')).toBe('delete');
  expect(settingOf('foreign_keys')).toBe(1);
  database.close();
});

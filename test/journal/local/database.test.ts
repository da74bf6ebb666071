import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openToRead, openToWrite } from '../../../src/journal/local/database.ts';
import { createTransactions } from '../../../src/journal/local/transactions.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';

const schema = { tables: 'CREATE TABLE runs (id TEXT UNIQUE)', upgrades: [] };

function newPath(): string {
  const folder = makeFastFolder('sqlite-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'journal.db');
}

function openNew(path = newPath()): DatabaseSync {
  const database = openToWrite(path, schema);
  onTestFinished(() => database.close());
  return database;
}

const settingOf = (database: DatabaseSync, name: string) =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

const countOf = (database: DatabaseSync) => database.prepare('SELECT count(*) AS count FROM runs').get()?.count;

test('a step is on the disk when it returns: files are synced, and the folder when the rollback journal is removed', () => {
  const database = openNew();
  // 3 is EXTRA: https://sqlite.org/pragma.html#pragma_synchronous
  expect(settingOf(database, 'synchronous')).toBe(3);
  expect(settingOf(database, 'journal_mode')).toBe('delete');
  expect(settingOf(database, 'foreign_keys')).toBe(1);
});

test('an upgraded file is opened with the settings of a new one', () => {
  const path = newPath();
  openToWrite(path, schema).close();
  const database = openToWrite(path, { ...schema, upgrades: ['ALTER TABLE runs ADD COLUMN a TEXT'] });
  onTestFinished(() => database.close());
  expect(settingOf(database, 'user_version')).toBe(2);
  expect(settingOf(database, 'synchronous')).toBe(3);
  expect(settingOf(database, 'foreign_keys')).toBe(1);
});

test('an upgrade that fails halfway leaves the file as it was', () => {
  const path = newPath();
  openToWrite(path, schema).close();
  const before = readFileSync(path);
  const upgrades = [
    "ALTER TABLE runs ADD COLUMN a TEXT; INSERT INTO runs (id) VALUES ('1')",
    'UPDATE nowhere SET a = 1',
  ];
  for (const open of [openToWrite, openToRead]) expect(() => open(path, { ...schema, upgrades })).toThrow('nowhere');
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a transaction whose work fails is rolled back whole, and the next one begins', () => {
  const database = openNew();
  const { write } = createTransactions(database, 'x', 'write');
  const insertTwice = (db: DatabaseSync) => {
    db.exec("INSERT INTO runs VALUES ('1')");
    db.exec("INSERT INTO runs VALUES ('1')");
  };
  expect(() => write(insertTwice)).toThrow('UNIQUE');
  expect(database.isTransaction).toBe(false);
  expect(countOf(database)).toBe(0);
  write((db) => db.exec("INSERT INTO runs VALUES ('1')"));
  expect(countOf(database)).toBe(1);
});

test('a transaction whose COMMIT the system refuses is a state error, and leaves nothing behind', () => {
  const database = openNew();
  const { write } = createTransactions(database, 'x', 'write');
  // At most as many pages as there are: the commit or an insert before it finds the disk full.
  database.exec(`PRAGMA max_page_count = ${settingOf(database, 'page_count')}`);
  const fill = (db: DatabaseSync) => {
    for (let row = 0; row < 1_000; row += 1) db.prepare('INSERT INTO runs VALUES (?)').run('x'.repeat(100) + row);
  };
  expect(() => write(fill)).toThrow(expect.objectContaining({ code: 'state.disk_full' }));
  expect(countOf(database)).toBe(0);
  write((db) => db.exec("INSERT INTO runs VALUES ('1')"));
});

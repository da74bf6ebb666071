import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal } from '../../../src/journal/journal.ts';
import { claimStateDirectory } from '../../../src/journal/local/stateDirectory.ts';
import { openJournal } from '../../../src/journal/openJournal.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import {
  type EarlierVersion,
  earlierLines,
  earlierMembers,
  earlierNext,
  earlierReport,
  makeEarlierJournal,
} from './earlierVersions.ts';

let directory = '';

beforeEach(() => {
  directory = makeFastFolder('journal-');
  claimStateDirectory(directory);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const path = () => join(directory, 'journal.db');
const key = { accountId: 'line_ads:A1', syncName: 'people' };
const ofSecond = { accountId: 'line_ads:A2', syncName: 'people' };
const versions: EarlierVersion[] = [1, 2, 3];

async function withJournal<T>(work: (journal: Journal) => Promise<T>, access: 'write' | 'read' = 'write'): Promise<T> {
  await using journal = await openJournal(directory, access);
  return await work(journal);
}

/** Everything that is read of the journals that `makeEarlierJournal` makes. */
async function contentOf(journal: Journal) {
  return {
    keyed: journal.keyed('a'),
    runs: await journal.lastRuns(5),
    plan: await journal.unfinishedPlan(key),
    snapshots: [await journal.snapshot(key), await journal.snapshot(ofSecond)],
    refusals: [await journal.refusals(key), await journal.refusals(ofSecond)],
  };
}

function expectedOf(version: EarlierVersion) {
  const batch = (index: number, state: object) => ({
    planned: {
      index,
      action: index === 0 ? 'replace' : 'add',
      start: 2 * index,
      end: 2 * index + 2,
      label: `run-1-people-${index}.txt`,
      bytes: 130,
    },
    ...state,
  });
  const snapshot = { membership: 'membership', takenMs: 700, fullMs: 600, set: earlierMembers };
  const listed = (ids: string[]) => (version < 3 ? [] : ids);
  return {
    keyed: expect.stringMatching(/^[0-9a-f]{64}$/),
    runs: [
      { runId: 'run-1', command: 'sync', startedMs: 1_000, report: null },
      { runId: 'earlier', command: 'sync', startedMs: 500, report: { runId: 'earlier' } },
    ],
    plan: {
      ...{ row: 3, runId: 'run-1', ...key, membership: 'membership', origin: 'origin', planId: 'plan' },
      ...{ plannedMs: 1_000, fullMs: 900, audienceId: '77', audienceCreated: true },
      uploadsBefore: ['99', '98'],
      uploadsListed: listed(['101', '99']),
      unplanned: listed(['100 DIFF_ADD']),
      ...{ lines: earlierLines, next: earlierNext, cursor: { origin: 'o', value: '2026-11-24' } },
      report: earlierReport,
      batches: [
        { fate: 'accepted', attempts: 1, upload: uploadOf('101', 'finished', 'FINISHED', 2) },
        { fate: 'accepted', attempts: 2, upload: uploadOf('90071992547409931', 'failed', 'FAILED', null) },
        { fate: 'accepted', attempts: 1, upload: uploadOf('103', 'unfinished', 'IN_PROGRESS', null) },
        { fate: 'accepted', attempts: 1, upload: null },
        { fate: 'unknown', attempts: 1, upload: null },
        { fate: 'unsent', attempts: 0, upload: null },
      ].map((state, index) => batch(index, state)),
    },
    // The digests of version 1 were made otherwise, so its snapshots go.
    snapshots:
      version === 1
        ? [undefined, undefined]
        : [
            {
              ...{ ...snapshot, planRow: 1, audienceId: '77', uploadId: '99', uploadsListed: listed(['99', '98']) },
              ...{ cursor: { origin: 'o', value: '2026-11-23' }, isCurrent: false },
            },
            {
              ...{ ...snapshot, planRow: 2, audienceId: '78', uploadId: null, uploadsListed: [] },
              ...{ cursor: null, isCurrent: true },
            },
          ],
    refusals: [[], [{ ...ofSecond, planId: 'p-1', audienceId: '78', snapshot: 'digest', removes: 9 }]],
  };
}

function uploadOf(id: string, state: string, status: string, processed: number | null) {
  return { id, state, status, processed };
}

test.each(versions)('a journal of version %i is read in its new words, and left as it is', async (version) => {
  makeEarlierJournal(path(), version);
  const before = readFileSync(path());
  expect(await withJournal(contentOf, 'read')).toEqual(expectedOf(version));
  expect(readFileSync(path()).equals(before)).toBe(true);
});

test.each(versions)('a journal of version %i is upgraded once by the next run that writes', async (version) => {
  makeEarlierJournal(path(), version);
  const read = await withJournal(contentOf, 'read');
  expect(await withJournal(contentOf)).toEqual(expectedOf(version));
  // Not again by a later one: accounts have their platform once.
  expect(await withJournal(contentOf)).toEqual(read);
  expect(await withJournal((journal) => journal.unfinishedPlan({ ...key, accountId: 'A1' }))).toBeUndefined();
  const upgraded = new DatabaseSync(path(), { readOnly: true });
  expect(upgraded.prepare('PRAGMA user_version').get()).toEqual({ user_version: 4 });
  expect(upgraded.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  expect(upgraded.prepare('SELECT DISTINCT account_id FROM plans ORDER BY 1').all()).toEqual([
    { account_id: 'line_ads:A1' },
    { account_id: 'line_ads:A2' },
  ]);
  expect(upgraded.prepare('SELECT upload_id, upload_state FROM batches ORDER BY position').all()).toEqual([
    { upload_id: '101', upload_state: 'finished' },
    { upload_id: '90071992547409931', upload_state: 'failed' },
    { upload_id: '103', upload_state: 'unfinished' },
    ...Array.from({ length: 3 }, () => ({ upload_id: null, upload_state: null })),
  ]);
  upgraded.close();
});

test.each(versions)('an upgraded journal of version %i takes every step that a new one takes', async (version) => {
  makeEarlierJournal(path(), version);
  await withJournal(async (journal) => {
    await journal.beginRun({ runId: 'run-2', command: 'sync', startedMs: 1 });
    expect((await journal.lastRuns(5)).map(({ runId }) => runId)).toEqual(['run-2', 'run-1', 'earlier']);
    const plan = (await journal.unfinishedPlan(key))!;
    const first = plan.batches[0]!;
    first.fate = 'accepted';
    first.upload = { id: '200', state: 'failed', status: 'BROKEN', processed: 1 };
    await journal.noteIntent(plan, first);
    plan.unplanned = ['9 DIFF_ADD'];
    await journal.noteUploads(plan, [first]);
    expect(await journal.unfinishedPlan(key)).toEqual({
      ...plan,
      batches: plan.batches.map((batch) => ({ ...batch, fate: batch.fate === 'sending' ? 'unknown' : batch.fate })),
    });
    await journal.giveUp(plan, 'failed');
    const { row, audienceCreated, ...rest } = plan;
    const batches = plan.batches.map(({ planned }) => ({ ...planned, label: `run-2-${planned.label}` }));
    const next = await journal.beginPlan({ ...rest, runId: 'run-2', batches });
    const snapshot = {
      ...{ planRow: next.row, membership: 'm', audienceId: '77', uploadId: '200', uploadsListed: ['200'] },
      ...{ takenMs: 9, fullMs: 8, set: next.next, cursor: null, isCurrent: true },
    };
    await journal.succeed(next, snapshot);
    expect(await journal.snapshot(key)).toEqual(snapshot);
  });
});

test.each(versions)('an upgraded journal of version %i has the tables of a new one', async (version) => {
  const tables = () => {
    const database = new DatabaseSync(path(), { readOnly: true });
    // The order of the columns may differ: no statement depends on it.
    const columns = database
      .prepare(
        `SELECT t.name AS tbl, t.strict, t.wr, c.name, c.type, c."notnull", c.dflt_value, c.pk
         FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'
         ORDER BY t.name, c.name`,
      )
      .all();
    const indices = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").all();
    database.close();
    return { columns, indices };
  };
  await withJournal(async () => {});
  const fresh = tables();
  rmSync(path());
  makeEarlierJournal(path(), version);
  expect(tables()).not.toEqual(fresh);
  await withJournal(async () => {});
  expect(tables()).toEqual(fresh);
  expect(fresh.columns.length).toBeGreaterThan(40);
});

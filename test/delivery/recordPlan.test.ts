import { expect, test } from 'vitest';
import { membershipSettings, originSettings } from '../../src/journal/settings.ts';
import { startBatch } from '../../src/report/batches.ts';
import { startSyncReport } from '../../src/report/report.ts';
import { recordsOf } from '../setup/memberSetup.ts';
import { useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();

test('a plan that creates its audience is recorded with one set for lines and members', async () => {
  const setup = setUp();
  const run = await setup.start();
  const { prepared, recorded } = await setup.plan(run, await setup.desire([1, 2, 3]));
  expect(await setup.journal.unfinishedPlan(run.key)).toEqual(recorded);
  const set = {
    file: `${run.runId}-people.members`,
    recordBytes: 32,
    count: 3,
    keyedDigest: setup.journal.keyed(prepared.next.digest),
  };
  expect(recorded).toEqual({
    row: 1,
    runId: run.runId,
    accountId: 'line_ads:A1',
    syncName: 'people',
    membership: setup.journal.keyed(membershipSettings(run.sync)),
    origin: setup.journal.keyed(originSettings(run.config, run.sync)),
    planId: prepared.id,
    plannedMs: setup.clock.now(),
    audienceId: null,
    audienceCreated: false,
    fullMs: prepared.fullMs,
    uploadsBefore: null,
    uploadsListed: [],
    unplanned: [],
    lines: set,
    next: set,
    cursor: null,
    report: startSyncReport(run.sync),
    batches: prepared.batches.map(startBatch),
  });
});

test('a plan that adds to a snapshot is recorded with its lines, all members and the uploads before it', async () => {
  const setup = setUp();
  await setup.sync([1, 2, 3]);
  const run = await setup.start();
  const cursor = { column: 'updated', after: '1', origin: 'origin', greatest: '2' };
  const { recorded } = await setup.plan(run, await setup.desire([1, 2, 3, 4], { cursor }));
  expect(recorded).toMatchObject({
    audienceId: '7001',
    uploadsBefore: ['1', '2'],
    uploadsListed: ['1', '2'],
    lines: { file: `${run.runId}-people.lines`, count: 1 },
    next: { file: `${run.runId}-people.members`, count: 4 },
    cursor: { origin: 'origin', value: '2' },
  });
  const { sets } = setup.journal;
  expect(await recordsOf(await sets.open(recorded.lines))).toEqual([Buffer.alloc(32, 4).toString('hex')]);
  expect(await recordsOf(await sets.open(recorded.next))).toHaveLength(4);
});

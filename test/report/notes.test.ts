import { describe, expect, test } from 'vitest';
import type { Words } from '../../src/destinations/destination.ts';
import { SyncError } from '../../src/errors.ts';
import { type DeliveredBatch, startBatch } from '../../src/report/batches.ts';
import {
  type DeliveryFacts,
  noteAudience,
  noteDelivery,
  noteEarlierReport,
  noteError,
  notePlan,
  noteRead,
  noteWarnings,
  type PlanFacts,
} from '../../src/report/notes.ts';
import { type SyncReport, startSyncReport } from '../../src/report/report.ts';
import { audienceOf } from '../setup/clientSetup.ts';
import { syncOf } from '../setup/memberSetup.ts';

const words = { action: { add: 'PUT', replace: 'SWAP' } } as Words;
const warning = (code: string) => ({ code, message: `The message of ${code}.` });

const start = (sync: object = {}) => startSyncReport(syncOf({ identifierType: 'email', ...sync }));

/** Frozen to its depth, so that a function that writes into it fails. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

function batchOf(changes: Partial<DeliveredBatch> = {}, index = 0): DeliveredBatch {
  const action = index === 0 ? 'replace' : 'add';
  const planned = { index, action, start: index * 5, end: index * 5 + 5, label: `f-${index}.txt`, bytes: 325 } as const;
  return { ...startBatch(planned), ...changes };
}

function deliveryOf(batches: DeliveredBatch[], changes: Partial<DeliveryFacts> = {}): DeliveryFacts {
  return {
    batches,
    audienceId: null,
    audienceCreated: false,
    remote: 'unknown',
    remoteBatches: { done: 0, total: batches.length },
    warnings: [],
    ...changes,
  };
}

const firstBatch = (changes: Partial<DeliveredBatch>) =>
  noteDelivery(frozen(start()), frozen(deliveryOf([batchOf(changes)])), words).batches[0];

test('the report of a sync starts with nothing done', () => {
  const report = start({ identifierType: 'phone', audienceId: '7' });
  expect(report).toMatchObject({
    name: 'people',
    mode: 'mirror',
    identifierType: 'phone',
    destination: 'connection',
    audience: { id: '7', name: 'People', created: false, status: null, estimatedSize: null },
    plan: null,
    batches: [],
    remote: 'untouched',
    remoteBatches: { done: 0, total: 0 },
    error: null,
  });
  expect(Object.values(report.counts)).toEqual(Array(10).fill(0));
});

test('an audience is noted with the state that the destination tells, and whether it was created stays', () => {
  const report = { ...start(), audience: { ...start().audience, created: true } };
  expect(noteAudience(frozen(report), audienceOf({ name: 'Renamed', status: 'IN_PROGRESS' })).audience).toEqual({
    id: '5343822743474',
    name: 'Renamed',
    created: true,
    status: 'IN_PROGRESS',
    estimatedSize: '12345',
  });
});

test('warnings are noted in the order in which they were found', () => {
  const report = noteWarnings(frozen(noteWarnings(frozen(start()), [warning('first')])), [warning('second')]);
  expect(report.warnings.map(({ code }) => code)).toEqual(['first', 'second']);
});

test('a read is noted with its counts and rejects, and counts of other stages stay', () => {
  const counts = { rows: 9, empty: 1, values: 8, rejected: 3, duplicates: 2, suppressed: 1, members: 2 };
  const rejects = { 'email.no_at': 3 };
  const rejectExamples = [{ code: 'email.no_at' as const, row: 1, column: 'email', shape: 'aaa' }];
  const earlier = start();
  const report = noteRead(frozen({ ...earlier, counts: { ...earlier.counts, uploaded: 7 } }), {
    ...{ counts, rejects, rejectExamples },
    lines: { count: 4 },
  });
  expect(report.counts).toEqual({ ...counts, lines: 4, plannedLines: 0, uploaded: 7 });
  expect(report).toMatchObject({ rejects, rejectExamples });
});

describe('a plan in a report', () => {
  const facts = (changes: Partial<PlanFacts> = {}): PlanFacts => ({
    id: 'plan-id',
    action: 'replace',
    difference: { added: 1, removed: 2, unchanged: 3 },
    lines: { count: 4 },
    batches: [{}, {}],
    warnings: [warning('plan_warning')],
    ...changes,
  });
  const planned = (changes: Partial<PlanFacts>, mode = 'mirror') =>
    notePlan(frozen(start({ mode })), frozen(facts(changes)));

  test('has the difference, the batches, and the least number of requests: a list before the uploads, and one after', () => {
    const report = planned({});
    expect(report.plan).toEqual({
      id: 'plan-id',
      action: 'replace',
      ...{ added: 1, removed: 2, unchanged: 3 },
      ...{ batches: 2, requests: 4 },
    });
    expect(report).toMatchObject({ counts: { plannedLines: 4 }, remoteBatches: { done: 0, total: 2 } });
    expect(report.warnings).toEqual([warning('plan_warning')]);
  });

  test('without a snapshot has no difference', () => {
    for (const mode of ['add', 'mirror'])
      expect(planned({ difference: undefined }, mode).plan).toMatchObject({
        ...{ added: null, removed: null, unchanged: null },
      });
  });

  test('of an Add removes no member', () => {
    expect(planned({ action: 'add' }, 'add').plan).toMatchObject({ added: 1, removed: 0, unchanged: 3 });
  });

  test('that does nothing has no lines and needs no requests', () => {
    const report = planned({ action: 'nothing', batches: [] });
    expect(report).toMatchObject({ plan: { batches: 0, requests: 0 }, counts: { plannedLines: 0 } });
  });
});

describe('a delivery in a report', () => {
  test('begins with a batch that has no job', () => {
    expect(firstBatch({})).toEqual({
      index: 0,
      action: 'SWAP',
      records: 5,
      bytes: 325,
      file: 'f-0.txt',
      jobId: null,
      jobStatus: null,
      audienceCount: null,
      attempts: 0,
    });
  });

  test('shows a batch in the words of the destination, and with its listed upload', () => {
    const upload = { id: '17', state: 'finished', status: 'DONE', processed: 4 } as const;
    expect(firstBatch({ attempts: 2, upload })).toMatchObject({
      ...{ action: 'SWAP', jobId: 17, jobStatus: 'DONE', audienceCount: 4, attempts: 2 },
    });
  });

  test('keeps an id as text that no number holds exactly', () => {
    for (const id of ['90071992547409931', 'abc']) {
      const upload = { id, state: 'finished', status: '', processed: null } as const;
      expect(firstBatch({ upload })?.jobId).toBe(id);
    }
  });

  test('counts the lines of accepted batches as uploaded', () => {
    const batches = (['accepted', 'unknown', 'refused', 'accepted'] as const).map((fate, index) =>
      batchOf({ fate }, index),
    );
    const report = noteDelivery(frozen(start()), frozen(deliveryOf(batches)), words);
    expect(report.counts.uploaded).toBe(10);
    expect(report.batches.map(({ action }) => action)).toEqual(['SWAP', 'PUT', 'PUT', 'PUT']);
  });

  test('has the state at the destination, the created audience and its warnings', () => {
    const delivery = deliveryOf([batchOf()], {
      ...{ audienceId: '9', audienceCreated: true, remote: 'complete' },
      remoteBatches: { done: 1, total: 1 },
      warnings: [warning('count_differs')],
    });
    expect(noteDelivery(frozen(start()), frozen(delivery), words)).toMatchObject({
      audience: { id: '9', name: 'People', created: true },
      remote: 'complete',
      remoteBatches: { done: 1, total: 1 },
      warnings: [warning('count_differs')],
    });
  });

  test('leaves the id of the audience while none is created', () => {
    const report = noteDelivery(frozen(start({ audienceId: '7' })), deliveryOf([batchOf()]), words);
    expect(report.audience).toMatchObject({ id: '7', created: false });
  });
});

test('the report of an earlier plan goes on, with the audience and the warnings of this run first', () => {
  const earlier: SyncReport = noteWarnings(
    { ...start(), status: 'failed', counts: { ...start().counts, members: 5 }, remote: 'partial' },
    [warning('earlier')],
  );
  const now = noteWarnings(noteAudience(start(), audienceOf({ id: '9' })), [warning('now')]);
  const report = noteEarlierReport(frozen(now), frozen(earlier));
  expect(report).toMatchObject({ counts: { members: 5 }, remote: 'partial', audience: { id: '9', status: 'READY' } });
  expect(report.warnings.map(({ code }) => code)).toEqual(['now', 'earlier']);
});

test('the report of an earlier version names no destination, which then is that of this run', () => {
  const { destination, ...earlier } = start();
  expect(noteEarlierReport(frozen(start()), frozen(earlier) as SyncReport).destination).toBe(destination);
});

test.each<[SyncReport['remote'], SyncReport['status'], SyncError]>([
  ['partial', 'partial', new SyncError('job.failed', 'it failed', 'again')],
  ['unknown', 'failed', new SyncError('job.failed', 'it failed', 'again')],
  ['untouched', 'refused', new SyncError('guard.min_members', 'too few', 'look')],
  ['partial', 'pending', new SyncError('jobs.timeout', 'it took long', 'again')],
])('an error while the remote state is %s gives the status %s, and earlier facts stay', (remote, status, error) => {
  const before = noteWarnings({ ...start(), remote }, [warning('before')]);
  const report = noteError(frozen(before), error);
  expect(report).toEqual({ ...before, status, error: { ...report.error, code: error.code, hint: error.hint } });
});

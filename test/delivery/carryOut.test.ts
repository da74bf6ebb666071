import { describe, expect, test } from 'vitest';
import { carryOut } from '../../src/delivery/carryOut.ts';
import { UploadMisrouted } from '../../src/delivery/deliverUpload.ts';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { SyncError } from '../../src/errors.ts';
import { membershipSettings } from '../../src/journal/settings.ts';
import type { FakeOptions, Fate } from '../setup/fakeDestination.ts';
import { type RunChanges, type SyncSetup, useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();
const key = { accountId: 'line_ads:A1', syncName: 'people' };
const five = [1, 2, 3, 4, 5];

/** Syncs five members in three batches, whose uploads have these fates. */
async function syncWith(fates: readonly Fate[], changes: RunChanges = {}, options: FakeOptions = {}) {
  const setup = setUp({ fateOf: (label) => fates[Number(/-(\d)\./.exec(label)?.[1])] ?? 'accept', ...options });
  return { setup, end: await setup.sync(five, changes) };
}

/** Changes the uploads that a destination lists. */
function listing({ destination }: SyncSetup, change: (uploads: readonly RemoteUpload[]) => RemoteUpload[]): RunChanges {
  const uploadsTo = async (audienceId: string) => change(await destination.uploadsTo(audienceId));
  return { destination: { ...destination, uploadsTo } };
}

const codeOf = ({ failure }: Awaited<ReturnType<SyncSetup['sync']>>) =>
  failure?.error instanceof SyncError ? failure.error.code : failure?.error;

describe('a plan that is delivered', () => {
  test('ends with all facts about its uploads', async () => {
    const { setup, end } = await syncWith([]);
    expect(end).toMatchObject({
      status: 'succeeded',
      failure: undefined,
      audienceId: '7001',
      audienceCreated: true,
      remote: 'complete',
      remoteBatches: { done: 3, total: 3 },
      warnings: [],
    });
    expect(end.batches.map(({ fate, upload }) => `${fate} ${upload?.state}`)).toEqual(
      Array(3).fill('accepted finished'),
    );
    expect(await setup.journal.unfinishedPlan(key)).toBeUndefined();
    expect(setup.destination.sent.map(({ target }) => target)).toEqual([
      { audienceName: 'Buyers' },
      { audienceId: '7001' },
      { audienceId: '7001' },
    ]);
    expect(setup.destination.sent.flatMap(({ lines }) => lines).toSorted()).toEqual(
      five.map((member) => Buffer.alloc(32, member).toString('hex')),
    );
  });

  test('leaves a snapshot of the members that the audience holds', async () => {
    const { setup, end } = await syncWith([]);
    const run = await setup.start();
    expect(await setup.journal.snapshot(key)).toEqual({
      planRow: 1,
      membership: setup.journal.keyed(membershipSettings(run.sync)),
      audienceId: '7001',
      uploadId: '3',
      uploadsListed: ['1', '2', '3'],
      takenMs: setup.clock.now(),
      fullMs: end.prepared.fullMs,
      set: {
        file: '20260115T120000Z-0badcafe-people.members',
        recordBytes: 32,
        count: 5,
        keyedDigest: setup.journal.keyed(end.prepared.next.digest),
      },
      cursor: null,
      isCurrent: true,
    });
  });

  test('leaves a snapshot with its own newest upload, not with one of another client', async () => {
    const setup = setUp({ others: [{ after: 1, effect: 'add', ms: 0 }] });
    await setup.sync([1, 2], { sync: { mode: 'add' } });
    expect(await setup.journal.snapshot(key)).toMatchObject({ uploadId: '1', uploadsListed: ['1', '2'] });
  });

  test('leaves no snapshot if none are kept, or if the member set is gone', async () => {
    const setup = setUp();
    const { config } = await setup.start();
    await setup.sync(five, { settings: { state: { ...config.state, keepSnapshots: false } } });
    expect(await setup.journal.snapshot(key)).toBeUndefined();
    const run = await setup.start({ isFull: true });
    const { recorded } = await setup.plan(run, await setup.desire([8, 9]));
    const lost = { ...recorded, next: { ...recorded.next, file: `${recorded.next.file}-lost` } };
    expect(await carryOut(run, lost, true)).toMatchObject({ status: 'succeeded', failure: undefined });
    expect(await setup.journal.snapshot(key)).toBeUndefined();
    expect(await setup.journal.unfinishedPlan(key)).toBeUndefined();
  });

  test('is pending after its last upload if uploads are not followed, and stays in the journal', async () => {
    const { setup, end } = await syncWith([], { wait: false });
    expect(end).toMatchObject({ status: 'pending', failure: undefined, remote: 'unknown', warnings: [] });
    expect(await setup.journal.snapshot(key)).toBeUndefined();
    const left = await setup.journal.unfinishedPlan(key);
    expect(left).toMatchObject({ audienceId: '7001', audienceCreated: true, uploadsBefore: [] });
    expect(left?.batches.map(({ fate, attempts }) => [fate, attempts])).toEqual(Array(3).fill(['accepted', 1]));
  });

  test('shows uploads first, and then the jobs that are awaited', async () => {
    const { setup } = await syncWith([], {}, { processingMsOf: () => 10_000 });
    const shown = setup.steps.map(({ stage, done, total, unit }) => `${stage} ${done}/${total} ${unit}`);
    expect(shown).toContain('uploading 1/3 batches');
    expect(shown).toContain('uploading 2/3 batches');
    expect(shown).not.toContain('uploading 3/3 batches');
    expect(shown.filter((line) => / 0\/3 jobs$/.test(line))).not.toEqual([]);
    expect(shown.at(-1)).toMatch(/ 3\/3 jobs$/);
  });

  test('records each poll and its audience, so that an interrupted run can go on', async () => {
    const setup = setUp({ processingMs: 60_000 });
    const { config } = await setup.start();
    const end = await setup.sync(five, { settings: { jobs: { ...config.jobs, timeoutMs: 10_000 } } });
    expect(codeOf(end)).toBe('jobs.timeout');
    const left = await setup.journal.unfinishedPlan(key);
    expect(left?.uploadsListed).toEqual(['1', '2', '3']);
    expect(left?.batches.map(({ upload }) => upload?.id).toSorted()).toEqual(['1', '2', '3']);
  });
});

describe('uploads of others', () => {
  test('spoil a Mirror, and what its audience holds is unknown', async () => {
    const { setup, end } = await syncWith([], {}, { others: [{ after: 1, effect: 'add' }] });
    expect(codeOf(end)).toBe('audience.changed');
    expect(end).toMatchObject({ remote: 'unknown', warnings: [] });
    expect(await setup.journal.unfinishedPlan(key)).toBeUndefined();
    expect(await setup.journal.snapshot(key)).toBeUndefined();
  });

  test('are tolerated by an Add if they only add', async () => {
    const { end } = await syncWith([], { sync: { mode: 'add' } }, { others: [{ after: 1, effect: 'add' }] });
    expect(end).toMatchObject({ failure: undefined, remote: 'complete' });
  });
});

describe('a delivery that fails', () => {
  test('for good ends the plan, and accepted uploads are followed all the same', async () => {
    const { setup, end } = await syncWith(['accept', 'refuse']);
    expect(codeOf(end)).toBe('upload.refused');
    expect(end.batches[0]).toMatchObject({ fate: 'accepted', upload: { state: 'finished' } });
    expect(end.batches[1]).toMatchObject({ fate: 'refused', upload: null });
    expect(end.remote).toBe('partial');
    expect(await setup.journal.unfinishedPlan(key)).toBeUndefined();
  });

  test('outdates the snapshot as soon as an upload may have changed the audience', async () => {
    const setup: SyncSetup = setUp({ fateOf: () => (setup.destination.sent.length > 3 ? 'lose upload' : 'accept') });
    await setup.sync(five);
    expect(await setup.journal.snapshot(key)).toMatchObject({ isCurrent: true });
    expect(codeOf(await setup.sync([1, 2, 3]))).toBe('line.unreachable');
    expect(await setup.journal.snapshot(key)).toMatchObject({ isCurrent: false });
  });

  test('for good is followed neither without --wait nor after an interruption', async () => {
    const unfollowed = await syncWith(['accept', 'refuse'], { wait: false });
    expect(codeOf(unfollowed.end)).toBe('upload.refused');
    expect(unfollowed.end.batches[0]).toMatchObject({ fate: 'accepted', upload: null });
    expect(await unfollowed.setup.journal.unfinishedPlan(key)).toBeUndefined();
  });

  test('after an interruption keeps the plan for the next run, without another request', async () => {
    const controller = new AbortController();
    const fateOf = (label: string): Fate => {
      if (!label.includes('-1.')) return 'accept';
      controller.abort();
      return 'refuse';
    };
    const { setup, end } = await syncWith([], { signal: controller.signal }, { fateOf });
    expect(end.failure).toBeDefined();
    expect(setup.destination.requests.at(-1)).toBe('upload');
    expect(await setup.journal.unfinishedPlan(key)).toBeDefined();
  });

  test('keeps its own error if following the accepted uploads fails as well', async () => {
    const setup = setUp({ fateOf: (label) => (label.includes('-1.') ? 'refuse' : 'accept') });
    const changes = listing(setup, () => {
      throw new SyncError('internal', 'No list.', 'Report it.');
    });
    expect(codeOf(await setup.sync(five, changes))).toBe('upload.refused');
  });

  test.each<[string, string, Fate]>([
    ['line.unreachable', 'keeps', 'refuse for now'],
    ['job.failed', 'ends', 'fail upload'],
    ['line.bad_answer', 'ends', { answer: { id: '9999' } }],
  ])('with %s %s its plan', async (code, verb, fate) => {
    const { setup, end } = await syncWith(['accept', fate]);
    expect(codeOf(end)).toBe(code);
    expect(end.failure?.error instanceof UploadMisrouted).toBe(code === 'line.bad_answer');
    expect((await setup.journal.unfinishedPlan(key)) !== undefined).toBe(verb === 'keeps');
    expect(end.warnings).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['of an unknown kind', new TypeError('a fault of the program')],
    ['of code internal', new SyncError('internal', 'A fault.', 'Report it.')],
    ['about the audience', new SyncError('audience.not_found', 'It is gone.', 'Look.')],
  ])('with an error %s ends the plan', async (_, error) => {
    const setup = setUp();
    const { destination } = setup;
    const end = await setup.sync(five, {
      destination: {
        ...destination,
        attemptUpload: async () => {
          throw error;
        },
      },
    });
    expect(end.failure?.error).toBe(error);
    expect(await setup.journal.unfinishedPlan(key)).toBeUndefined();
  });

  test('with an error of the system keeps its plan', async () => {
    const setup = setUp();
    const error = new SyncError('state.disk_full', 'The disk is full.', 'Make room.');
    const attemptUpload = () => Promise.reject(error);
    const end = await setup.sync(five, { destination: { ...setup.destination, attemptUpload } });
    expect(end.failure?.error).toBe(error);
    expect(await setup.journal.unfinishedPlan(key)).toBeDefined();
  });

  test('to be recorded tells of that error', async () => {
    const setup = setUp();
    const error = new Error('the disk is full');
    const succeed = () => Promise.reject(error);
    const end = await setup.sync(five, { journal: { ...setup.journal, succeed } });
    expect(end).toMatchObject({ failure: { error }, remote: 'complete', warnings: [] });
  });
});

describe('the number of processed lines', () => {
  const withBatchesOf = (maxLines: number) => setUp({ capabilities: { maxLines } });

  test('is warned about if it is less than was sent, with batch and numbers', async () => {
    // The destination tells two processed lines of each upload.
    const { warnings } = await withBatchesOf(3).sync(five);
    expect(warnings).toEqual([{ code: 'count_differs', message: expect.stringMatching(/\b2\b.*\b3\b.*\b0\b/) }]);
  });

  test('is not warned about if the delivery fails', async () => {
    const setup = setUp({
      capabilities: { maxLines: 3 },
      fateOf: (label) => (label.includes('-1.') ? 'fail upload' : 'accept'),
    });
    const end = await setup.sync(five);
    expect(codeOf(end)).toBe('job.failed');
    expect(end.warnings).toEqual([]);
  });

  test('is not warned about if the destination does not tell it, or if uploads are not followed', async () => {
    const setup = withBatchesOf(3);
    const untold = listing(setup, (uploads) => uploads.map((upload) => ({ ...upload, processed: null })));
    expect((await setup.sync(five, untold)).warnings).toEqual([]);
    expect((await withBatchesOf(3).sync(five, { wait: false })).warnings).toEqual([]);
  });
});

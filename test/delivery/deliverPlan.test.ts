import { describe, expect, test } from 'vitest';
import { describeUnplanned } from '../../src/delivery/deliverPlan.ts';
import { SyncError } from '../../src/errors.ts';
import { remoteOf } from '../../src/report/batches.ts';
import { platforms } from '../setup/platforms.ts';
import { type DeliverySetup, errorOf, labelOf, lines, setUpDelivery } from './deliverySetup.ts';

describe.each(platforms)('on $title', (platform) => {
  const audienceId = platform.audienceId(1);
  const uploadId = platform.uploadId;
  const label = (index: number) => labelOf(platform, index);
  const setUp = (setup: DeliverySetup = {}) => setUpDelivery(platform, setup);

  describe('the order of uploads', () => {
    test('an audience is created by its first upload, alone; the others name its id and do not wait for the first to be finished', async () => {
      const { delivery, plan, sent, indexes, polls } = setUp({ isNew: true, batches: 4 });
      await delivery.deliver();
      expect(indexes()).toEqual([0, 1, 2, 3]);
      expect(sent.map(({ action, target }) => [action, target])).toEqual([
        ['add', { audienceName: 'Buyers' }],
        ['add', { audienceId }],
        ['add', { audienceId }],
        ['add', { audienceId }],
      ]);
      expect(sent[1]?.unfinished).toEqual([label(0)]);
      expect(polls()).toBe(0);
      expect(plan).toMatchObject({ audienceId, audienceCreated: true });
    });

    test('the first upload of an Add waits until no earlier upload is unfinished', async () => {
      const { delivery, plan, sent, clock } = setUp({ mode: 'add', earlier: ['others-1', 'others-2'], batches: 1 });
      const startMs = clock.now();
      await delivery.deliver();
      expect(sent.map(({ unfinished }) => unfinished)).toEqual([[]]);
      expect(clock.now() - startMs).toBeGreaterThanOrEqual(5000);
      expect(plan.audienceCreated).toBe(false);
    });

    test('uploads that add go in parallel behind a first that goes alone', async () => {
      const { delivery, sent, indexes } = setUp({ mode: 'add', batches: 8, capabilities: { concurrentUploads: 3 } });
      await delivery.deliver();
      expect(indexes().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(sent[1]?.unfinished).toEqual([label(0)]);
      expect(Math.max(...sent.map(({ inFlight }) => inFlight))).toBe(3);
    });

    test('unfinished uploads of others take room from our own', async () => {
      const { delivery, sent } = setUp({
        mode: 'add',
        batches: 12,
        capabilities: { unfinishedUploads: 4, concurrentUploads: 4 },
        others: Array.from({ length: 3 }, () => ({ after: 1, effect: 'add', ms: 60_000 })),
      });
      await delivery.deliver();
      expect(sent).toHaveLength(12);
      // They are unknown until the first poll.
      for (const { inFlight, unfinished } of sent.slice(4)) expect(inFlight + unfinished.length).toBeLessThanOrEqual(4);
    });

    test('uploads wait before they crowd an unfinished one out of the list', async () => {
      const { delivery, plan, sent } = setUp({ mode: 'add', batches: 75, slowMs: { 0: 90_000 } });
      await delivery.deliver();
      await delivery.follow();
      expect(sent).toHaveLength(75);
      expect(remoteOf(plan.batches).remote).toBe('complete');
    });

    test('uploads wait before those of others and our own crowd an unfinished one out of the list', async () => {
      const others = Array.from({ length: Math.floor(0.6 * platform.capabilities.maxListedUploads) - 1 }, () => ({
        after: 1,
        effect: 'add' as const,
      }));
      const { delivery, plan } = setUp({ mode: 'add', batches: 50, slowMs: { 0: 90_000 }, others });
      await delivery.deliver();
      await delivery.follow();
      expect(remoteOf(plan.batches).remote).toBe('complete');
    });

    test('each batch carries its own lines, none twice', async () => {
      const { delivery, sent, indexes } = setUp({ mode: 'add', batches: 6 });
      await delivery.deliver();
      const inOrder = indexes().toSorted((a, b) => a - b);
      expect(inOrder.flatMap((index) => sent.find((upload) => upload.label === label(index))?.lines)).toEqual(
        lines.slice(0, 12),
      );
    });

    test.each([1, 2, 3, 8])(
      'with room for %i unfinished uploads there are never more of our own',
      async (unfinishedUploads) => {
        const { delivery, sent } = setUp({
          isNew: true,
          batches: 12,
          capabilities: { unfinishedUploads, concurrentUploads: 4 },
        });
        await delivery.deliver();
        expect(sent.length).toBe(12);
        const most = Math.max(...sent.map(({ inFlight, unfinished }) => inFlight + unfinished.length));
        expect(most).toBeLessThanOrEqual(unfinishedUploads);
      },
    );

    test('an empty plan sends nothing and asks nothing', async () => {
      const { delivery, plan, destination } = setUp({ batches: 0 });
      await delivery.deliver();
      await delivery.follow();
      expect(destination.requests).toEqual([]);
      expect(remoteOf(plan.batches)).toEqual({ remote: 'untouched', done: 0, total: 0 });
    });
  });

  describe('success', () => {
    test.each<[string, DeliverySetup]>([
      ['create', { isNew: true, batches: 3 }],
      ['add', { mode: 'add', batches: 3 }],
      ['an existing audience', { batches: 3 }],
      ['an existing audience in one batch', { batches: 1 }],
    ])('of %s: every upload is followed to its end, and the destination holds all', async (_, setup) => {
      const { delivery, plan, progress } = setUp(setup);
      await delivery.deliver();
      await delivery.follow();
      const total = setup.batches ?? 1;
      expect(remoteOf(plan.batches)).toEqual({ remote: 'complete', done: total, total });
      for (const { planned, upload, fate, attempts } of plan.batches) {
        expect([fate, attempts]).toEqual(['accepted', 1]);
        expect(upload).toMatchObject({ state: 'finished', status: platform.states.finished, processed: 2 });
        expect(typeof upload?.id).toBe('string');
        expect([planned.end - planned.start, planned.bytes]).toEqual([2, 130]);
      }
      expect(progress.at(-1)).toEqual({ uploaded: total, finished: total, total });
    });

    test('without following says that the end is not known', async () => {
      const { delivery, plan, progress } = setUp({ mode: 'add', batches: 3 });
      await delivery.deliver();
      expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 3 });
      expect(progress.at(-1)).toEqual({ uploaded: 3, finished: 0, total: 3 });
    });

    test('after a lost answer is found by the label', async () => {
      const { delivery, plan, sent } = setUp({ mode: 'add', batches: 2, fates: ['lose answer', 'lose answer'] });
      await delivery.deliver();
      await delivery.follow();
      expect(sent.length).toBe(2);
      expect(remoteOf(plan.batches).remote).toBe('complete');
    });

    test('after a lost answer to a creation knows the new audience', async () => {
      const { delivery, plan, sent } = setUp({ isNew: true, batches: 2, fates: ['lose answer'] });
      await delivery.deliver();
      expect(sent.map(({ target }) => target)).toEqual([{ audienceName: 'Buyers' }, { audienceId }]);
      expect(plan).toMatchObject({ audienceId, audienceCreated: true });
    });
  });

  describe('failure', () => {
    test('of the first upload leaves the destination untouched and sends nothing more', async () => {
      const { delivery, plan, sent } = setUp({ batches: 3, fates: ['refuse'] });
      expect((await errorOf(delivery.deliver())).code).toBe('upload.refused');
      expect(sent.length).toBe(1);
      expect(plan.batches.map(({ fate }) => fate)).toEqual(['refused', 'unsent', 'unsent']);
      await delivery.follow();
      expect(remoteOf(plan.batches)).toEqual({ remote: 'untouched', done: 0, total: 3 });
    });

    test('of a creation leaves no audience', async () => {
      const { delivery, plan } = setUp({ isNew: true, fates: ['refuse'] });
      await errorOf(delivery.deliver());
      expect(plan).toMatchObject({ audienceId: null, audienceCreated: false });
    });

    test('of an upload stops the batches behind it; accepted ones can be followed', async () => {
      const { delivery, plan, sent } = setUp({
        mode: 'add',
        batches: 20,
        fates: ['accept', 'refuse'],
        capabilities: { concurrentUploads: 3, unfinishedUploads: 10 },
      });
      expect((await errorOf(delivery.deliver())).code).toBe('upload.refused');
      expect(sent.length).toBeLessThanOrEqual(6);
      expect(plan.batches.some(({ fate }) => fate === 'sending')).toBe(false);
      const accepted = plan.batches.filter(({ fate }) => fate === 'accepted').length;
      await delivery.follow();
      expect(remoteOf(plan.batches)).toEqual({ remote: 'partial', done: accepted, total: 20 });
    });

    test('of an upload stops those that wait for room as well, at their next poll', async () => {
      const { delivery, sent, clock } = setUp({
        mode: 'add',
        batches: 20,
        fates: ['accept', 'accept', 'refuse'],
        processingMs: 1_000_000,
        capabilities: { concurrentUploads: 4, unfinishedUploads: 3 },
        others: Array.from({ length: 3 }, () => ({ after: 1, effect: 'add' })),
      });
      const startMs = clock.now();
      await errorOf(delivery.deliver());
      expect(sent.length).toBeLessThanOrEqual(4);
      expect(clock.now() - startMs).toBeLessThanOrEqual(10_000);
    });

    test('of accepted uploads is reported with their ids, after all have ended', async () => {
      const fates = ['accept', 'fail upload', 'accept', 'fail upload'] as const;
      const { delivery, plan } = setUp({ mode: 'add', batches: 4, fates });
      await delivery.deliver();
      const error = await errorOf(delivery.follow());
      const failed = [1, 3].map((index) => plan.batches[index]?.upload?.id);
      expect(error).toMatchObject({
        code: 'job.failed',
        message: `2 upload jobs failed at LINE (${failed.join(', ')}).`,
      });
      expect(remoteOf(plan.batches)).toEqual({ remote: 'partial', done: 2, total: 4 });
    });

    test('to learn whether an upload arrived leaves the content of the destination unknown', async () => {
      const { delivery, plan } = setUp({ batches: 2, fates: ['lose upload'] });
      const error = await errorOf(delivery.deliver());
      expect(error.message).toContain(`${label(0)} may have arrived`);
      expect(plan.batches.map(({ fate }) => fate)).toEqual(['unknown', 'unsent']);
      expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 2 });
    });

    test('of uploads to be finished in time is reported with their ids', async () => {
      const { delivery, plan, clock } = setUp({ mode: 'add', batches: 2, processingMs: 1_000_000 });
      await delivery.deliver();
      const startMs = clock.now();
      const error = await errorOf(delivery.follow());
      expect(error.code).toBe('jobs.timeout');
      const busy = platform.states.unfinished;
      expect(error.message).toContain(`Unfinished: ${uploadId(1)} ${busy}, ${uploadId(2)} ${busy}`);
      expect(clock.now() - startMs).toBe(100_000);
      expect(remoteOf(plan.batches)).toEqual({ remote: 'unknown', done: 0, total: 2 });
      expect(plan.batches.map(({ upload }) => upload?.id)).toEqual([uploadId(1), uploadId(2)]);
    });

    test('of earlier uploads to be finished in time leaves the destination untouched', async () => {
      const { delivery, plan, sent } = setUp({ earlier: ['others'], processingMs: 1_000_000 });
      expect((await errorOf(delivery.deliver())).code).toBe('jobs.timeout');
      expect(sent).toEqual([]);
      expect(remoteOf(plan.batches).remote).toBe('untouched');
    });
  });

  test.each([0, 2])(
    'an answer that names another audience ends the delivery at batch %i: nothing more is sent, and its fate is unknown',
    async (index) => {
      const fates = Array.from({ length: 3 }, (_, at) => (at === index ? { answer: { id: '99' } } : undefined));
      const { delivery, plan, indexes } = setUp({ batches: 6, fates, capabilities: { concurrentUploads: 1 } });
      const error = await errorOf(delivery.deliver());
      expect(error.code).toBe('line.bad_answer');
      expect(error.message).toContain(`${label(index)} for audience ${audienceId} and answered with audience 99`);
      expect(indexes()).toHaveLength(index + 1);
      expect(plan.batches[index]?.fate).toBe('unknown');
      expect(plan.audienceId).toBe(audienceId);
      expect(remoteOf(plan.batches).remote).toBe('unknown');
    },
  );

  describe('more batches than the destination lists uploads', () => {
    const { maxListedUploads } = platform.capabilities;

    test.each([
      ['other', 'audience.changed'],
      ['add', 'succeeds'],
    ] as const)('in a plan of Add, an upload of others (%s) after our fifth: %s', async (effect, expected) => {
      const { delivery, destination, plan } = setUp({ batches: 75, mode: 'add', others: [{ after: 5, effect }] });
      await delivery.deliver();
      const end = await delivery.follow().then(
        () => 'succeeds',
        (error: SyncError) => error.code,
      );
      expect(end).toBe(expected);
      const listed = await destination.uploadsTo(audienceId);
      expect([listed.length, listed.some((upload) => upload.label === 'by-hand')]).toEqual([maxListedUploads, false]);
      expect(plan.unplanned).toHaveLength(expected === 'succeeds' ? 0 : 1);
    });

    test('are an undisturbed success', async () => {
      const { delivery, plan } = setUp({ batches: 75 });
      await delivery.deliver();
      await delivery.follow();
      expect(remoteOf(plan.batches)).toEqual({ remote: 'complete', done: 75, total: 75 });
      expect(plan.uploadsListed).toHaveLength(maxListedUploads);
    });

    test('are no success after a kill, when others have uploaded more since than the destination lists', async () => {
      const first = setUp({ mode: 'add', batches: 20 });
      await first.delivery.deliver();
      const seen = first.plan.uploadsListed;
      const others = Array.from({ length: 60 }, (_, index) => `run-other-${index}`);
      const second = setUp({
        mode: 'add',
        earlier: others,
        resumed: { uploadsBefore: [], uploadsListed: seen.map((id) => `x${id}`) },
      });
      second.plan.batches[0]!.fate = 'unknown';
      expect((await errorOf(second.delivery.deliver())).code).toBe('audience.changed');
      expect(second.sent).toEqual([]);
    });
  });

  describe('a signal', () => {
    const reason = new SyncError('run.interrupted', 'stopped by the test', 'again');

    test('that came before stops everything', async () => {
      const { delivery, plan, sent } = setUp({ signal: AbortSignal.abort(reason) });
      await expect(delivery.deliver()).rejects.toBe(reason);
      expect(sent).toEqual([]);
      expect(remoteOf(plan.batches).remote).toBe('untouched');
    });

    test('while uploads are awaited ends the waiting with its reason', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const { delivery, plan } = setUp({ mode: 'add', batches: 2, processingMs: 1_000_000, signal });
      await delivery.deliver();
      const following = delivery.follow();
      controller.abort(reason);
      await expect(following).rejects.toBe(reason);
      expect(remoteOf(plan.batches).remote).toBe('unknown');
    });
  });

  describe('the record', () => {
    test('has each step before it is taken, and after', async () => {
      const { delivery, written } = setUp({ batches: 2, earlier: ['others'], capabilities: { unfinishedUploads: 1 } });
      await delivery.deliver();
      await delivery.follow();
      expect(written).toEqual([
        'listed',
        `before ${uploadId(1)}`,
        'intent 0',
        'accepted 0',
        'unfinished 0',
        'finished 0',
        'intent 1',
        'accepted 1',
        'unfinished 1',
        'finished 1',
      ]);
    });

    test('is not changed by a plan that relies on a snapshot and meets an upload of others before it has sent anything', async () => {
      const changed = { earlier: ['by-hand'], resumed: { uploadsBefore: [] } };
      const { delivery, sent, written } = setUp({ mode: 'add', ...changed });
      await delivery.deliver();
      expect(sent.length).toBe(1);
      const mirror = setUp({ mode: 'mirror', action: 'add', ...changed });
      expect((await errorOf(mirror.delivery.deliver())).code).toBe('audience.changed');
      expect(mirror.sent).toEqual([]);
      expect(written).not.toContain(`before ${uploadId(1)}`);
      expect(mirror.written).not.toContain(`before ${uploadId(1)}`);
    });

    test('must be written before a batch is sent', async () => {
      const { delivery, sent, options } = setUp({ batches: 2 });
      options.record.noteIntent = () => Promise.reject(new SyncError('state.disk_full', 'full', 'free'));
      expect((await errorOf(delivery.deliver())).code).toBe('state.disk_full');
      expect(sent).toEqual([]);
    });
  });
});

describe('uploads of others in a message', () => {
  const jobs = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'];

  test('are all named if they are at most five', () => {
    expect(describeUnplanned(jobs.slice(0, 1))).toBe('a1');
    expect(describeUnplanned(jobs.slice(0, 5))).toBe('a1, b2, c3, d4, e5');
  });

  test('are named up to the fifth, and the others are counted', () => {
    expect(describeUnplanned(jobs)).toMatch(/^a1, b2, c3, d4, e5, .*\b2\b/);
    expect(describeUnplanned(jobs)).not.toMatch(/f6|g7/);
  });
});

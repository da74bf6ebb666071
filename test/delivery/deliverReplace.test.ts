import { describe, expect, test } from 'vitest';
import type { SyncError } from '../../src/errors.ts';
import { remoteOf } from '../../src/report/batches.ts';
import { withReplace } from '../setup/platforms.ts';
import { type DeliverySetup, errorOf, labelOf, setUpDelivery } from './deliverySetup.ts';

/*
 * Plans whose first upload replaces the members of the audience.
 */

const setUp = (setup: DeliverySetup = {}) => setUpDelivery(withReplace, { mode: 'mirror', ...setup });
const label = (index: number) => labelOf(withReplace, index);
const audienceId = withReplace.audienceId(1);

describe('the order of uploads', () => {
  test('the first upload of a Mirror waits until no earlier upload is unfinished', async () => {
    const { delivery, plan, sent, clock } = setUp({ earlier: ['others-1', 'others-2'], batches: 1 });
    const startMs = clock.now();
    await delivery.deliver();
    expect(sent.map(({ unfinished }) => unfinished)).toEqual([[]]);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(5000);
    expect(plan.audienceCreated).toBe(false);
  });

  test('uploads that add wait until the one that replaces is finished', async () => {
    const { delivery, plan, sent } = setUp({ batches: 5 });
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['replace', 'add', 'add', 'add', 'add']);
    for (const { unfinished } of sent) expect(unfinished).not.toContain(label(0));
    expect(plan.batches[0]?.upload?.state).toBe('finished');
  });

  test('uploads that add behind one that replaces wait while an upload of others is unfinished, too', async () => {
    const { delivery, sent } = setUp({ batches: 3, others: [{ after: 1, effect: 'add', ms: 30_000 }] });
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['replace', 'add', 'add']);
    expect(sent[1]?.unfinished).toEqual([]);
  });

  test('uploads that add wait for one that replaces also while it is not listed yet', async () => {
    const { delivery, sent, clock } = setUp({ batches: 3, hiddenMs: { 0: 40_000 } });
    const startMs = clock.now();
    await delivery.deliver();
    expect(sent).toHaveLength(3);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(40_000);
    await delivery.follow();
  });

  test('no upload that adds is sent while one of others that replaces is known to be unfinished', async () => {
    const { delivery, sent } = setUp({
      mode: 'add',
      batches: 8,
      capabilities: { unfinishedUploads: 2 },
      others: [{ after: 1, effect: 'replace', ms: 30_000 }],
    });
    await delivery.deliver();
    expect(sent).toHaveLength(8);
    for (const { unfinished } of sent.slice(2)) expect(unfinished).not.toContain('by-hand');
  });
});

test('a failure of the upload that replaces stops those that add', async () => {
  const { delivery, plan, sent } = setUp({ batches: 3, fates: ['fail upload'] });
  const error = await errorOf(delivery.deliver());
  expect(error).toMatchObject({ code: 'job.failed', message: 'An upload job failed at LINE (1).' });
  expect(sent.map(({ action }) => action)).toEqual(['replace']);
  expect(plan.batches[0]?.upload?.state).toBe('failed');
  expect(remoteOf(plan.batches)).toMatchObject({ done: 0, total: 3 });
  expect(remoteOf(plan.batches).remote).not.toBe('complete');
});

describe('more batches than the destination lists uploads', () => {
  test.each([
    ['mirror', 'replace', 'audience.changed'],
    ['mirror', 'add', 'audience.changed'],
    ['add', 'replace', 'audience.changed'],
    ['add', 'add', 'succeeds'],
  ] as const)('in a plan of %s, an upload of others (%s) after our fifth: %s', async (mode, effect, expected) => {
    const { delivery, destination, plan } = setUp({ batches: 75, mode, others: [{ after: 5, effect }] });
    await delivery.deliver();
    const end = await delivery.follow().then(
      () => 'succeeds',
      (error: SyncError) => error.code,
    );
    expect(end).toBe(expected);
    const listed = await destination.uploadsTo(audienceId);
    expect([listed.length, listed.some((upload) => upload.label === 'by-hand')]).toEqual([50, false]);
    expect(plan.unplanned).toHaveLength(expected === 'succeeds' ? 0 : 1);
  });
});

test('the record has each step of a replacing plan before it is taken, and after', async () => {
  const { delivery, written } = setUp({ batches: 2, earlier: ['others'] });
  await delivery.deliver();
  await delivery.follow();
  expect(written).toEqual([
    'listed',
    'before 1',
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

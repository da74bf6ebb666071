import { describe, expect, test } from 'vitest';
import type { Deliverable } from '../../src/delivery/deliverable.ts';
import { type Fate, remoteOf } from '../../src/report/batches.ts';
import { type Platform, platforms, withReplace } from '../setup/platforms.ts';
import { type DeliverySetup, errorOf, labelOf, setUpDelivery } from './deliverySetup.ts';

/** A delivery that continues with batches of these fates. */
function goOnAt(platform: Platform, fates: readonly Fate[], setup: DeliverySetup = {}) {
  const resumed: Partial<Deliverable> = { uploadsBefore: [] };
  const prepared = setUpDelivery(platform, { batches: fates.length, resumed, ...setup });
  fates.forEach((fate, index) => {
    prepared.plan.batches[index]!.fate = fate;
  });
  return prepared;
}

describe.each(platforms)('the work that an earlier run has left on $title', (platform) => {
  const label = (index: number) => labelOf(platform, index);

  test('is sent, but nothing that the destination holds', async () => {
    const earlier = [label(0), label(2)];
    const { delivery, plan, indexes } = goOnAt(platform, ['accepted', 'unsent', 'unknown'], { mode: 'add', earlier });
    await delivery.deliver();
    expect(indexes()).toEqual([1]);
    await delivery.follow();
    expect(remoteOf(plan.batches).remote).toBe('complete');
  });

  test('is not recorded as sent again where it has arrived', async () => {
    const { delivery, written } = goOnAt(platform, ['accepted', 'unknown'], {
      mode: 'add',
      earlier: [label(0), label(1)],
    });
    await delivery.deliver();
    expect(written).toEqual(['unfinished 0', 'unfinished 1']);
  });

  test('is sent only after uploads of others have ended', async () => {
    const { delivery, sent } = goOnAt(platform, ['accepted', 'unsent'], {
      mode: 'add',
      earlier: [label(0), 'by-hand'],
    });
    await delivery.deliver();
    expect(sent.map(({ unfinished }) => unfinished)).toEqual([[]]);
  });

  test('is not sent again if its first upload is listed late', async () => {
    const { delivery, destination, plan, indexes, clock, written } = goOnAt(platform, ['unknown', 'unsent']);
    const effect = plan.batches[0]!.planned.action;
    destination.addUpload(label(0), { effect, listedFromMs: clock.now() + 500 });
    await delivery.deliver();
    await delivery.follow();
    expect(indexes()).toEqual([1]);
    expect(written.filter((step) => step.startsWith('before'))).toEqual([]);
    expect(remoteOf(plan.batches).remote).toBe('complete');
  });

  test('is sent again if the destination does not list it', async () => {
    const { delivery, indexes } = goOnAt(platform, ['unknown', 'unsent']);
    await delivery.deliver();
    expect(indexes()).toEqual([0, 1]);
  });

  test('of a Mirror into which others have uploaded since is no success', async () => {
    const earlier = [label(0), 'by-hand'];
    const { delivery, plan } = goOnAt(platform, ['unknown', 'unsent'], { mode: 'mirror', action: 'add', earlier });
    await errorOf(delivery.deliver().then(() => delivery.follow()));
    expect(plan.uploadsBefore).toEqual([]);
    expect(plan.unplanned).toEqual([`job ${platform.uploadId(2)} ${platform.effects.add}`]);
  });

  test('of an Add is not spoiled by another upload that adds', async () => {
    const earlier = [label(0), 'by-hand'];
    const { delivery } = goOnAt(platform, ['unknown', 'unsent'], { mode: 'add', earlier });
    await delivery.deliver();
    await delivery.follow();
  });
});

describe('the work that an earlier run has left of a plan that replaces', () => {
  test('is replaced again if the destination does not list it, as long as nothing was added', async () => {
    const { delivery, sent } = goOnAt(withReplace, ['unknown', 'unsent']);
    await delivery.deliver();
    expect(sent.map(({ action }) => action)).toEqual(['replace', 'add']);
  });

  test('is not replaced again once anything was added', async () => {
    const { delivery, sent } = goOnAt(withReplace, ['unknown', 'unknown']);
    expect((await errorOf(delivery.deliver())).code).toBe('line.retries_exhausted');
    expect(sent).toEqual([]);
  });

  test('and has arrived makes uploads that add wait until the one that replaces is finished', async () => {
    const { delivery, sent, clock } = goOnAt(withReplace, ['unknown', 'unsent'], {
      earlier: [labelOf(withReplace, 0)],
    });
    const startMs = clock.now();
    await delivery.deliver();
    expect(sent.map(({ action, unfinished }) => [action, unfinished])).toEqual([['add', []]]);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(5000);
  });

  test('of a mirror into which others have uploaded since is no success', async () => {
    const { delivery, plan } = goOnAt(withReplace, ['unknown', 'unsent'], {
      earlier: [labelOf(withReplace, 0), 'by-hand'],
    });
    await delivery.deliver();
    expect((await errorOf(delivery.follow())).code).toBe('audience.changed');
    expect(plan.uploadsBefore).toEqual([]);
  });

  test('is an upload that replaces and never arrived: it is sent, and discards the uploads of others before it', async () => {
    const { delivery, plan, sent } = goOnAt(withReplace, ['unknown', 'unsent'], { earlier: ['by-hand'] });
    await delivery.deliver();
    await delivery.follow();
    expect(sent.map(({ action }) => action)).toEqual(['replace', 'add']);
    expect(plan.unplanned).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/planning/makePlan.ts';
import { codeOf } from '../journal/journalSetup.ts';
import { type SyncSetup, useSyncs } from '../setup/syncSetup.ts';

const { setUp } = useSyncs();
const dayMs = 86_400_000;

async function planOf(setup: SyncSetup, members: readonly number[], changes: Parameters<SyncSetup['start']>[0] = {}) {
  return makePlan(await setup.start(changes), await setup.desire(members));
}

describe('a first plan', () => {
  test('creates the audience of the whole set, and relies on no earlier uploads', async () => {
    const setup = setUp();
    const plan = await planOf(setup, [1, 2, 3]);
    expect(plan).toMatchObject({
      action: 'create',
      listed: [],
      difference: undefined,
      fullMs: setup.clock.now(),
      uploadsBefore: null,
      cursor: null,
    });
    expect(plan.lines.count).toBe(3);
    expect(plan.next.count).toBe(3);
    expect(plan.batches.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 3],
    ]);
    expect(setup.steps).toEqual([{ stage: 'comparing' }]);
    expect(setup.destination.requests).toEqual(['audiences']);
  });

  test('has the warnings about the plan and those about the country of phone numbers', async () => {
    const setup = setUp();
    const desired = await setup.desire([1], { national: { sampled: 100, doubtful: 30 }, columns: ['tel', 'mobile'] });
    const { warnings } = await makePlan(await setup.start(), desired);
    expect(warnings.map(({ code }) => code)).toEqual(['few_members', 'phone_country_doubtful']);
    expect(warnings[1]!.message).toContain('tel, mobile');
  });

  test('of a sync with a cursor records where the read ended', async () => {
    const setup = setUp();
    const from = { column: 'updated', after: null, origin: 'origin' };
    const cursorAfter = async (greatest: string | null) =>
      (await makePlan(await setup.start(), await setup.desire([1], { cursor: { ...from, greatest } }))).cursor;
    expect(await cursorAfter('2026-01-02')).toEqual({ origin: 'origin', value: '2026-01-02' });
    expect(await cursorAfter(null)).toBeNull();
  });
});

describe('the id of a plan', () => {
  const idAfter = async (earlier: readonly number[], members: readonly number[]) => {
    const setup = setUp();
    await setup.sync(earlier);
    return (await planOf(setup, members, { isFull: true })).id;
  };

  test('is the same for the same members, and another one for others', async () => {
    const setup = setUp();
    const [id, same, other] = [await planOf(setup, [1]), await planOf(setup, [1]), await planOf(setup, [2])];
    expect(same.id).toBe(id.id);
    expect(other.id).not.toBe(id.id);
  });

  test('is another one after another snapshot', async () => {
    expect(await idAfter([1, 2], [1, 2, 3])).not.toBe(await idAfter([1, 3], [1, 2, 3]));
  });
});

describe('a plan after a success', () => {
  test('sends the members that the audience lacks, and relies on the uploads that are listed', async () => {
    const setup = setUp();
    await setup.sync([1, 2, 3]);
    const firstMs = (await setup.journal.snapshot({ accountId: 'line_ads:A1', syncName: 'people' }))!.fullMs;
    const plan = await planOf(setup, [1, 2, 3, 4]);
    expect(plan).toMatchObject({ action: 'add', fullMs: firstMs, difference: { added: 1, removed: 0, unchanged: 3 } });
    expect(plan.lines.count).toBe(1);
    expect(plan.next.count).toBe(4);
    expect(plan.uploadsBefore).toEqual(plan.listed.map(({ id }) => id));
    expect(plan.uploadsBefore).toHaveLength(2);
  });

  test('replaces all members if one is gone', async () => {
    const setup = setUp();
    await setup.sync([1, 2, 3]);
    const plan = await planOf(setup, [1, 2]);
    expect(plan).toMatchObject({
      action: 'replace',
      fullMs: setup.clock.now(),
      uploadsBefore: null,
      difference: { added: 0, removed: 1, unchanged: 2 },
    });
    expect(plan.lines.count).toBe(2);
    expect(plan.next.count).toBe(2);
  });

  test('sends nothing for the same members, which are not compared one by one', async () => {
    const setup = setUp();
    await setup.sync([1, 2, 3]);
    const run = await setup.start();
    const desired = await setup.desire([1, 2, 3]);
    const plan = await makePlan(run, desired);
    expect(plan).toMatchObject({
      action: 'nothing',
      batches: [],
      difference: { added: 0, removed: 0, unchanged: 3, gained: 0, lost: 0, toSend: { count: 0 } },
    });
    expect(plan.difference?.union?.path).toBe(desired.members.path);
    expect(plan.difference?.toSend.path).toBe(desired.members.path);
  });

  test('in mode add keeps the members that the source no longer holds', async () => {
    const setup = setUp();
    const sync = { mode: 'add' };
    await setup.sync([1, 2], { sync });
    const plan = await planOf(setup, [2, 3, 4], { sync });
    expect(plan).toMatchObject({ action: 'add', difference: { added: 2, removed: 1 } });
    expect(plan.lines.count).toBe(2);
    expect(plan.next.count).toBe(4);
  });

  test('compares nothing if no members are desired', async () => {
    const setup = setUp();
    await setup.sync([1, 2]);
    const plan = await planOf(setup, []);
    expect(plan).toMatchObject({ action: 'nothing', difference: undefined });
    expect(plan.last.known).toBeDefined();
  });

  test('does not ask for the snapshot if none are kept', async () => {
    const setup = setUp();
    await setup.sync([1, 2]);
    const { config } = await setup.start();
    const plan = await planOf(setup, [1, 2], { settings: { state: { ...config.state, keepSnapshots: false } } });
    expect(plan).toMatchObject({ action: 'replace', difference: undefined, last: { known: undefined } });
  });

  test.each([
    ['with --full', { isFull: true }, 0],
    ['once fullRefreshDays are over', {}, 1000],
  ])('sends the whole set although nothing has changed: %s', async (_, changes, days) => {
    const setup = setUp();
    await setup.sync([1, 2]);
    await setup.clock.sleep(days * dayMs);
    expect(await planOf(setup, [1, 2], changes)).toMatchObject({ action: 'replace', uploadsBefore: null });
  });

  test('warns by its name if the time of the last upload is long ago', async () => {
    const setup = setUp();
    await setup.sync([1, 2]);
    await setup.clock.sleep(151 * dayMs);
    const { warnings } = await planOf(setup, [1, 2]);
    expect(warnings.map(({ code }) => code)).toEqual(['few_members', 'refresh_overdue']);
  });
});

describe('a plan from an incremental read', () => {
  const cursor = { column: 'updated', after: '1', origin: 'origin', greatest: '2' };

  test('adds to the snapshot, even if a refresh is due', async () => {
    const setup = setUp();
    const sync = { mode: 'add' };
    await setup.sync([1, 2], { sync });
    const plan = await makePlan(await setup.start({ sync, isFull: true }), await setup.desire([3], { cursor }));
    expect(plan).toMatchObject({ action: 'add', cursor: { origin: 'origin', value: '2' } });
    expect(plan.lines.count).toBe(1);
    expect(plan.next.count).toBe(3);
  });

  test('keeps the earlier value of the cursor if there were no rows', async () => {
    const setup = setUp();
    await setup.sync([1, 2], { sync: { mode: 'add' } });
    const desired = await setup.desire([], { cursor: { ...cursor, greatest: null } });
    const plan = await makePlan(await setup.start({ sync: { mode: 'add' } }), desired);
    expect(plan).toMatchObject({ action: 'nothing', cursor: { origin: 'origin', value: '1' } });
  });

  test('is refused if the snapshot no longer counts', async () => {
    const setup = setUp();
    await setup.sync([1, 2], { sync: { mode: 'add' } });
    setup.destination.addUpload('by-hand', { effect: 'other' });
    const work = makePlan(await setup.start({ sync: { mode: 'add' } }), await setup.desire([3], { cursor }));
    expect(await codeOf(work)).toBe('audience.changed');
  });

  test('is no different from a whole read if it began at the start', async () => {
    const setup = setUp();
    setup.destination.addAudience();
    const desired = await setup.desire([3], { cursor: { ...cursor, after: null } });
    expect(await makePlan(await setup.start(), desired)).toMatchObject({ action: 'replace' });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/config/schema.ts';
import type { Capabilities, UploadTarget } from '../../src/destinations/destination.ts';
import { maxFormOverheadBytes, uploadFields } from '../../src/destinations/lineAds/form.ts';
import { SyncError } from '../../src/errors.ts';
import { createUploadForm } from '../../src/http/multipart.ts';
import { type IdentifierType, identifierTypes } from '../../src/identifiers/rules.ts';
import { choosePlan, type PlanInput, planUploads } from '../../src/planning/plan.ts';
import type { PlannedBatch } from '../../src/report/batches.ts';
import { audienceOf } from '../setup/clientSetup.ts';
import { syncOf } from '../setup/memberSetup.ts';

const runId = '20260115T120000Z-0badcafe';

/** With LINE Ads' form around the lines. */
function destinationOf(limits: Partial<Capabilities> = {}): PlanInput['destination'] {
  return {
    capabilities: {
      canReplace: true,
      maxLines: 500_000,
      maxBodyBytes: 62_914_560,
      concurrentUploads: 4,
      unfinishedUploads: 8,
      maxListedUploads: 50,
      ...limits,
    },
    labelOf: (stem) => `${stem}.txt`,
    maxOverheadBytes: maxFormOverheadBytes,
  };
}

type Overrides = Partial<PlanInput> & { set?: object; count?: number };

function inputOf({ set, count = 10, ...overrides }: Overrides = {}): PlanInput {
  const sync = syncOf({ identifierType: 'email', ...set });
  return {
    runId,
    sync,
    audience: audienceOf(),
    action: actionOf(sync.mode, overrides, count),
    digests: { snapshot: null, members: 'digest' },
    lines: { count, lineBytes: 65 },
    destination: destinationOf(),
    ...overrides,
  };
}

/** As it is without a snapshot. */
function actionOf(mode: Mode, overrides: object, members: number) {
  const isNew = 'audience' in overrides && overrides.audience === undefined;
  return choosePlan({ mode, isNew, members, difference: undefined, isRefreshDue: false, canReplace: true }).action;
}

describe('the action', () => {
  test.each([
    ['nothing', 'mirror', 0, true],
    ['nothing', 'add', 0, false],
    ['create', 'mirror', 1, false],
    ['create', 'add', 1, false],
    ['replace', 'mirror', 1, true],
    ['add', 'add', 1, true],
  ])('is %s in mode %s with %i lines (audience there: %s)', (action, mode, count, exists) => {
    const plan = planUploads(inputOf({ set: { mode }, count, audience: exists ? audienceOf() : undefined }));
    expect(plan.action).toBe(action);
    expect(plan.batches.length).toBe(count === 0 ? 0 : 1);
  });

  test.each([
    ['replace', 'mirror', true, ['replace', 'add', 'add']],
    ['create', 'mirror', false, ['add', 'add', 'add']],
    ['create', 'add', false, ['add', 'add', 'add']],
    ['add', 'add', true, ['add', 'add', 'add']],
  ])('%s in mode %s sends its batches as such', (_, mode, exists, actions) => {
    const destination = destinationOf({ maxLines: 4 });
    const plan = planUploads(inputOf({ set: { mode }, destination, audience: exists ? audienceOf() : undefined }));
    expect(plan.batches.map(({ action }) => action)).toEqual(actions);
  });
});

describe('with a snapshot to compare with', () => {
  const anyDifference = fc.record({
    added: fc.nat(3),
    removed: fc.nat(3),
    unchanged: fc.nat(3),
    gained: fc.nat(3),
    lost: fc.nat(3),
  });

  test('a Mirror replaces when and only when somebody or a form has left, and adds when only some have come', () => {
    fc.assert(
      fc.property(anyDifference, fc.boolean(), (difference, isRefreshDue) => {
        const members = difference.added + difference.unchanged;
        const given = { isNew: false, members, difference, isRefreshDue, canReplace: true };
        fc.pre(given.members > 0);
        const mirror = choosePlan({ mode: 'mirror', ...given });
        const add = choosePlan({ mode: 'add', ...given });
        const hasLeft = difference.removed + difference.lost > 0;
        const hasCome = difference.added + difference.gained > 0;
        expect(mirror.action).toBe(hasLeft || isRefreshDue ? 'replace' : hasCome ? 'add' : 'nothing');
        expect(add.action).toBe(hasCome || isRefreshDue ? 'add' : 'nothing');
        // What replaces is the whole set, always: the difference alone would wipe everybody else.
        if (mirror.action === 'replace') expect(mirror.sends).toBe('whole');
        for (const choice of [mirror, add])
          expect(choice.sends === 'whole').toBe(choice.action === 'replace' || isRefreshDue);
      }),
    );
  });

  test('an audience that has to be made is made of the whole set', () => {
    const difference = { added: 1, removed: 0, unchanged: 9, gained: 0, lost: 0 };
    const given = { isNew: true, members: 10, difference, isRefreshDue: false, canReplace: true };
    expect(choosePlan({ mode: 'mirror', ...given })).toEqual({ action: 'create', sends: 'whole' });
  });

  test.each([
    ['the whole set if a refresh is due', { isRefreshDue: true }, 1, { action: 'add', sends: 'whole' }],
    ['the difference if some members are new', {}, 1, { action: 'add', sends: 'difference' }],
    ['no member of an unchanged set', {}, 0, { action: 'nothing', sends: 'difference' }],
    ['no member of an empty set', { members: 0 }, 0, { action: 'nothing', sends: 'whole' }],
  ])('an Add sends %s', (_, changes, added, choice) => {
    const difference = { added, removed: 0, unchanged: 9, gained: 0, lost: 0 };
    const given = { mode: 'add', isNew: false, members: 10, isRefreshDue: false, canReplace: true } as const;
    expect(choosePlan({ ...given, difference, ...changes })).toEqual(choice);
  });

  test('a destination that cannot replace refuses a Mirror as a fault of the configuration', () => {
    const given = { isNew: false, members: 1, difference: undefined, isRefreshDue: false, canReplace: false };
    const refused = expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining('mirror') });
    expect(() => choosePlan({ mode: 'mirror', ...given })).toThrow(refused);
  });

  test('a destination that cannot replace takes every plan but one that would remove members', () => {
    fc.assert(
      fc.property(
        anyDifference,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('add', 'mirror'),
        (difference, ...rest) => {
          const [isNew, isRefreshDue, mode] = rest;
          const given = { mode, isNew, members: 10, difference, isRefreshDue } as const;
          const able = choosePlan({ ...given, canReplace: true });
          if (able.action === 'replace') expect(() => choosePlan({ ...given, canReplace: false })).toThrow(SyncError);
          else expect(choosePlan({ ...given, canReplace: false })).toEqual(able);
        },
      ),
    );
  });
});

describe('batches', () => {
  test('are none for a plan that sends nothing', () => {
    expect(planUploads(inputOf({ action: 'nothing' })).batches).toEqual([]);
  });

  test('are cut at maxRecords, each with its file', () => {
    const { batches } = planUploads(inputOf({ destination: destinationOf({ maxLines: 4 }) }));
    expect(batches).toEqual([
      { index: 0, action: 'replace', start: 0, end: 4, label: `${runId}-people-0.txt`, bytes: 260 },
      { index: 1, action: 'add', start: 4, end: 8, label: `${runId}-people-1.txt`, bytes: 260 },
      { index: 2, action: 'add', start: 8, end: 10, label: `${runId}-people-2.txt`, bytes: 130 },
    ]);
  });

  test('fit as many lines into 60 MiB as go', () => {
    const destination = destinationOf({ maxLines: 1_500_000 });
    const { batches } = planUploads(inputOf({ destination, count: 2_000_000 }));
    expect(batches.length).toBe(3);
    expect(62_914_560 - batches[0]!.bytes).toBeLessThan(1500);
  });

  const anyInput = fc.record({
    identifierType: fc.constantFrom(...identifierTypes),
    mode: fc.constantFrom('add', 'mirror'),
    audienceName: fc.stringMatching(/^[\x21-\x7e"ａ-ｚ😀]{1,60}$/u),
    audienceId: fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: undefined }),
    name: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/),
    count: fc.integer({ min: 1, max: 200_000 }),
    maxRecords: fc.integer({ min: 1, max: 1_500_000 }).map((most) => Math.max(most, 200)),
    maxBytes: fc.oneof(fc.integer({ min: 4096, max: 62_914_560 }), fc.integer({ min: 4096, max: 20_000 })),
  });

  test('lose no line, overlap nowhere, and keep both caps with all of the form counted', () => {
    fc.assert(
      fc.property(anyInput, ({ identifierType, count, maxRecords, maxBytes, audienceId, ...set }) => {
        const lineBytes = identifierType === 'ifa' ? 37 : 65;
        const input = inputOf({
          set: { ...set, identifierType },
          audience: audienceId === undefined ? undefined : audienceOf({ id: audienceId }),
          lines: { count, lineBytes },
          destination: destinationOf({ maxLines: maxRecords, maxBodyBytes: maxBytes }),
        });
        const { batches } = planUploads(input);
        let next = 0;
        for (const batch of batches) {
          expect(batch.start).toBe(next);
          expect(batch.end).toBeGreaterThan(batch.start);
          expect(batch.end - batch.start).toBeLessThanOrEqual(maxRecords);
          expect(batch.bytes).toBe((batch.end - batch.start) * lineBytes);
          next = batch.end;
        }
        expect(next).toBe(count);
        expect(new Set(batches.map(({ label }) => label)).size).toBe(batches.length);
        for (const batch of [batches[0]!, batches.at(-1)!])
          for (const target of [{ audienceName: set.audienceName }, { audienceId: audienceId ?? '9'.repeat(20) }])
            expect(bodyBytes(identifierType, batch, target)).toBeLessThanOrEqual(maxBytes);
        expect(planUploads(input)).toEqual({ ...planUploads(input), batches });
      }),
      { numRuns: 150 },
    );
  });

  function bodyBytes(identifierType: IdentifierType, batch: PlannedBatch, target: UploadTarget): number {
    const fields = uploadFields({ action: batch.action, target, identifierType });
    const open = async function* () {};
    return createUploadForm(fields, { name: batch.label, bytes: batch.bytes, open }).contentLength;
  }
});

describe('the id', () => {
  const id = (overrides: Overrides = {}) => planUploads(inputOf(overrides)).id;

  test('is the same for the same intent, whatever the run and the cutting', () => {
    expect(id()).toMatch(/^[0-9a-f]{64}$/);
    expect(id({ runId: 'another' })).toBe(id());
    expect(id({ destination: destinationOf({ maxLines: 1, maxBodyBytes: 4096 }) })).toBe(id());
    expect(id({ audience: audienceOf({ status: 'IN_PROGRESS', estimatedSize: '-', name: 'Renamed' }) })).toBe(id());
  });

  test.each<[string, Overrides]>([
    ['sync', { set: { name: 'others' } }],
    ['audience', { audience: audienceOf({ id: '7' }) }],
    ['audience to be created', { audience: undefined }],
    ['audience to be created, by name', { audience: undefined, set: { audienceName: 'Others' } }],
    ['action', { set: { mode: 'add' } }],
    ['set of members', { digests: { snapshot: null, members: 'other' } }],
    ['snapshot', { digests: { snapshot: 'one', members: 'digest' } }],
  ])('is another for another %s', (_, overrides) => {
    expect(id(overrides)).not.toBe(id());
    expect(id({ audience: undefined, set: { audienceName: 'Others' } })).not.toBe(id({ audience: undefined }));
  });
});

import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { checkGuards, checkShrink, type GuardInput, type Shrink } from '../../src/planning/guards.ts';

interface Case {
  mode?: 'add' | 'mirror';
  guards?: Partial<GuardInput['guards']>;
  members?: number;
  duplicates?: number;
  suppressed?: number;
  rejects?: GuardInput['read']['rejects'];
  national?: GuardInput['read']['national'];
}

function refusalOf({ mode = 'mirror', guards, members = 0, duplicates = 0, suppressed = 0, ...found }: Case) {
  const { rejects = {}, national } = found;
  const rejected = Object.values(rejects).reduce((sum, count) => sum + count, 0);
  const values = members + duplicates + suppressed + rejected;
  const counts = { rows: values, empty: 0, values, rejected, duplicates, suppressed, members };
  try {
    checkGuards({
      mode,
      guards: { maxShrink: 0.5, maxRejected: 0.5, minMembers: 1, maxDoubtful: 0.5, ...guards },
      columns: ['email', 'mail2'],
      read: { counts, rejects, national: national ?? { sampled: 0, doubtful: 0 } },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.hint).not.toBe('');
    return error;
  }
}

function check(given: Case): string {
  const refusal = refusalOf(given);
  return refusal === undefined ? 'passes' : `${refusal.code}: ${refusal.message}`;
}

describe('what is sent and what is refused', () => {
  test.each<[string, string, Case]>([
    ['passes', 'members', { members: 1 }],
    ['passes', 'Add with no values at all', { mode: 'add' }],
    ['guard.empty_mirror', 'Mirror with no values at all', {}],
    ['guard.empty_mirror', 'Mirror with suppressed members alone', { suppressed: 3 }],
    ['passes', 'Add with suppressed members alone', { mode: 'add', suppressed: 3 }],
    ['passes', 'members besides suppressed ones', { members: 1, suppressed: 3 }],
    ['identifiers.none', 'values but no members', { rejects: { 'email.no_at': 3 } }],
    ['identifiers.none', 'values but no members, in Add', { mode: 'add', rejects: { 'email.no_at': 3 } }],
    ['identifiers.none', 'nothing but people who opted out', { rejects: { 'ifa.all_zero': 3 } }],
    [
      'identifiers.none',
      'no members, before any guard',
      { guards: { maxRejected: 0, minMembers: 9 }, rejects: { 'email.no_at': 3 } },
    ],
    ['passes', 'as many rejected as allowed', { members: 5, rejects: { 'email.no_at': 5 } }],
    ['guard.max_rejected', 'one more', { members: 5, rejects: { 'email.no_at': 6 } }],
    ['passes', 'duplicates, which are values as well', { members: 1, duplicates: 5, rejects: { 'email.no_at': 6 } }],
    [
      'passes',
      'all rejected but one, when that is allowed',
      { guards: { maxRejected: 1 }, members: 1, rejects: { 'email.no_at': 99 } },
    ],
    [
      'guard.max_rejected',
      'one rejected, when none may be',
      { guards: { maxRejected: 0 }, members: 99, rejects: { 'email.no_at': 1 } },
    ],
    [
      'passes',
      'people who opted out, however many',
      { guards: { maxRejected: 0 }, members: 1, rejects: { 'ifa.all_zero': 99 } },
    ],
    [
      'guard.max_rejected',
      'dirt beside people who opted out',
      { members: 4, rejects: { 'ifa.all_zero': 90, 'ifa.not_a_uuid': 6 } },
    ],
    ['passes', 'as many doubtful as allowed', { members: 1, national: { sampled: 100, doubtful: 50 } }],
    ['guard.max_doubtful', 'one more', { members: 1, national: { sampled: 100, doubtful: 51 } }],
    ['passes', 'a smaller sample, however doubtful', { members: 1, national: { sampled: 99, doubtful: 99 } }],
    [
      'guard.max_doubtful',
      'one doubtful, when none may be',
      { guards: { maxDoubtful: 0 }, members: 1, national: { sampled: 100, doubtful: 1 } },
    ],
    [
      'passes',
      'all doubtful, when that is allowed',
      { guards: { maxDoubtful: 1 }, members: 1, national: { sampled: 100, doubtful: 100 } },
    ],
    ['guard.min_members', 'too few members', { guards: { minMembers: 10 }, members: 9, duplicates: 5 }],
    ['passes', 'just enough members', { guards: { minMembers: 10 }, members: 10 }],
    ['passes', 'Add with no values, whatever minMembers', { mode: 'add', guards: { minMembers: 10 } }],
    ['guard.min_members', 'too few members, in Add', { mode: 'add', guards: { minMembers: 10 }, members: 9 }],
  ])('%s: %s', (wanted, _, given) => {
    expect(check(given).split(':')[0]).toBe(wanted);
  });
});

describe('a mirror that removes', () => {
  const outcome = (shrink: Shrink | undefined, maxShrink: number, isApproved = false) => {
    try {
      checkShrink(shrink, { maxShrink, planId: 'p'.repeat(64), approval: isApproved ? 'of this' : 'none' });
      return 'passes';
    } catch (error) {
      return error instanceof SyncError ? `${error.code}: ${error.message} ${error.hint}` : String(error);
    }
  };

  test.each<[string, string, Shrink | undefined, number, boolean?]>([
    ['passes', 'nobody', { removes: 0, of: 10, unit: 'members' }, 0],
    ['passes', 'as many as allowed', { removes: 5, of: 10, unit: 'members' }, 0.5],
    ['guard.max_shrink', 'one more', { removes: 6, of: 10, unit: 'members' }, 0.5],
    ['guard.max_shrink', 'one, when nobody may leave', { removes: 1, of: 1e9, unit: 'members' }, 0],
    ['passes', 'all, when that is allowed', { removes: 10, of: 10, unit: 'lines' }, 1],
    ['passes', 'all, when that is approved', { removes: 10, of: 10, unit: 'lines' }, 0, true],
    ['passes', 'of an audience that held nobody', { removes: 0, of: 0, unit: 'lines' }, 0],
    ['passes', 'from what nobody knows', undefined, 0],
  ])('%s: %s', (wanted, _, shrink, maxShrink, isApproved) => {
    expect(outcome(shrink, maxShrink, isApproved).split(':')[0]).toBe(wanted);
  });

  test('is told in numbers, with the plan to approve', () => {
    expect(outcome({ removes: 6, of: 10, unit: 'members' }, 0.5)).toContain(
      `would remove 6 of the 10 members that the audience holds (60 %), more than guards.maxShrink allows (50 %). Nothing was sent. Plan ${'p'.repeat(64)}.`,
    );
  });
});

describe('messages say what was found', () => {
  test.each<[string, Case]>([
    [
      'None of the values in email, mail2 is a valid identifier (email.no_at 3, email.too_long 1).',
      { rejects: { 'email.too_long': 1, 'email.no_at': 3 } },
    ],
    [
      '66.7 % of the values were rejected, more than guards.maxRejected allows (50 %): email.no_at 2.',
      { members: 1, rejects: { 'email.no_at': 2 } },
    ],
    [
      '51 of 100 sampled phone numbers without a country code in email, mail2 (51 %) are not valid in their assumed country, more than guards.maxDoubtful allows (50 %). Nothing was sent.',
      { members: 1, national: { sampled: 100, doubtful: 51 } },
    ],
    ['The source has 9 members, fewer than guards.minMembers (10).', { guards: { minMembers: 10 }, members: 9 }],
    ['an audience cannot be mirrored to nothing', {}],
  ])('%s', (message, given) => {
    expect(check(given)).toContain(message);
  });

  test('the refusal of an empty Mirror tells how many members are suppressed', () => {
    expect(check({ suppressed: 37 })).toMatch(/\b37\b.*suppressed/);
    expect(check({})).not.toMatch(/suppressed/);
  });
});

describe('where most rejects lack a country, the hint names the setting that gives one', () => {
  test.each<[string, NonNullable<Case['rejects']>, number, RegExp]>([
    ['no country', { 'phone.no_country': 2, 'phone.too_short': 1 }, 0, /^Set defaultCountry .* or countryColumn /],
    ['no country, with members', { 'phone.no_country': 9 }, 1, /^Set defaultCountry .* or countryColumn /],
    ['an unknown country', { 'phone.unknown_country': 3, 'phone.no_country': 2 }, 0, /^Fix the column .*countryColumn/],
    ['an unknown country, with members', { 'phone.unknown_country': 9 }, 1, /^Fix the column .*countryColumn/],
    ['just half of them', { 'phone.no_country': 1, 'phone.too_short': 1 }, 0, /syncs\[\]\.columns/],
    [
      'just half of them, with members',
      { 'phone.no_country': 2, 'phone.too_short': 2 },
      1,
      /raise guards\.maxRejected/,
    ],
  ])('%s', (_, rejects, members, hint) => {
    const refusal = refusalOf({ rejects, members });
    expect(refusal?.hint).toMatch(hint);
    expect(refusal?.hint.includes('maxRejected')).toBe(hint.source.includes('maxRejected'));
  });
});

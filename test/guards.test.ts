import { describe, expect, test } from 'vitest';
import { SyncError } from '../src/errors.ts';
import { checkGuards, type GuardInput } from '../src/guards.ts';

interface Case {
  mode?: 'add' | 'mirror';
  guards?: Partial<GuardInput['guards']>;
  members?: number;
  duplicates?: number;
  rejects?: GuardInput['read']['rejects'];
}

function check({ mode = 'mirror', guards, members = 0, duplicates = 0, rejects = {} }: Case): string {
  const rejected = Object.values(rejects).reduce((sum, count) => sum + count, 0);
  const values = members + duplicates + rejected;
  const counts = { rows: values, empty: 0, values, rejected, duplicates, members };
  try {
    checkGuards({
      mode,
      guards: { maxShrink: 0.5, maxRejected: 0.5, minMembers: 1, ...guards },
      columns: ['email', 'mail2'],
      read: { counts, rejects },
    });
    return 'passes';
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.hint).not.toBe('');
    return `${error.code}: ${error.message}`;
  }
}

describe('what is sent and what is refused', () => {
  test.each<[string, string, Case]>([
    ['passes', 'members', { members: 1 }],
    ['passes', 'Add with no values at all', { mode: 'add' }],
    ['guard.empty_mirror', 'Mirror with no values at all', {}],
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
    ['guard.min_members', 'too few members', { guards: { minMembers: 10 }, members: 9, duplicates: 5 }],
    ['passes', 'just enough members', { guards: { minMembers: 10 }, members: 10 }],
    ['passes', 'Add with no values, whatever minMembers', { mode: 'add', guards: { minMembers: 10 } }],
    ['guard.min_members', 'too few members, in Add', { mode: 'add', guards: { minMembers: 10 }, members: 9 }],
  ])('%s: %s', (wanted, _, given) => {
    expect(check(given).split(':')[0]).toBe(wanted);
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
    ['There are 9 members, fewer than guards.minMembers (10).', { guards: { minMembers: 10 }, members: 9 }],
    ['an audience cannot be mirrored to nothing', {}],
  ])('%s', (message, given) => {
    expect(check(given)).toContain(message);
  });
});

import { expect, test } from 'vitest';
import { describeReport, type Report } from '../../examples/describeReport.ts';

const sync: Report['syncs'][number] = {
  name: 'buyers-email',
  status: 'succeeded',
  mode: 'mirror',
  identifierType: 'email',
  audience: { id: '5343822743474', name: 'Buyers', created: true },
  plan: { action: 'create', batches: 2 },
  counts: { rows: 1_200, empty: 100, values: 1_100, rejected: 30, duplicates: 70, members: 1_000, uploaded: 1_000 },
  rejects: { 'email.no_at': 10, 'email.several_at': 20 },
  error: null,
};

test('a report in words says what became of the values and where they went', () => {
  expect(describeReport({ status: 'succeeded', syncs: [sync] })).toBe(
    [
      'Run: succeeded',
      '',
      'buyers-email (email, mirror): succeeded',
      '  1,200 rows gave 1,100 values (100 empty cells)',
      '  1,100 values = 30 rejected + 70 duplicates + 1,000 members',
      '  1,000 lines uploaded',
      '  rejected: email.several_at 20, email.no_at 10',
      '  audience "Buyers" created (id 5343822743474), create in 2 batches',
    ].join('\n'),
  );
});

test('a report in words says why a sync failed and what to do next', () => {
  const failed = {
    ...sync,
    status: 'failed',
    audience: null,
    plan: null,
    error: { message: 'It broke.', hint: 'Mend it.' },
  };
  expect(describeReport({ status: 'failed', syncs: [failed] })).toMatch(/\n {2}It broke\.\n {2}Mend it\.$/);
});

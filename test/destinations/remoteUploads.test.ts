import { expect, test } from 'vitest';
import { isUnfinished, newestFirst, unfinishedCount, uploadOf } from '../../src/destinations/remoteUploads.ts';
import { jobOf } from '../setup/clientSetup.ts';

test.each([
  ['QUEUED', true],
  ['WORKING', true],
  ['SOMETHING_NEW', true],
  ['FINISHED', false],
  ['FAILED', false],
])('a job that is %s is unfinished: %s', (status, expected) => {
  expect(isUnfinished(jobOf({ status }))).toBe(expected);
  expect(unfinishedCount([jobOf({ status }), jobOf()])).toBe(expected ? 1 : 0);
});

test.each([
  [[], undefined, undefined],
  [['QUEUED'], 'unfinished', '0'],
  [['FINISHED', 'WORKING'], 'unfinished', '1'],
  [['FAILED', 'FINISHED'], 'finished', '1'],
  [['FAILED', 'FAILED'], 'failed', '0'],
])('a batch whose label has jobs %j is %s', (statuses, state, id) => {
  const jobs = statuses.map((status, index) => jobOf({ id: `${index}`, status }));
  const found = uploadOf([jobOf({ id: '9', label: 'other.txt', status: 'WORKING' }), ...jobs], 'run-sync-0.txt');
  expect([found?.state, found?.id]).toEqual([state, id]);
});

test.each<[string, [id: string, createdMs: number | null][], string[]]>([
  [
    'by time, whatever the ids',
    [
      ['9', 1000],
      ['8', 3000],
      ['7', 2000],
    ],
    ['8', '7', '9'],
  ],
  [
    'by number within one time',
    [
      ['9', 1000],
      ['11', 1000],
      ['10', 1000],
    ],
    ['11', '10', '9'],
  ],
  [
    'by number where no time is told',
    [
      ['99', null],
      ['100', null],
    ],
    ['100', '99'],
  ],
  [
    'by number when the time of one is not told',
    [
      ['7', 3000],
      ['9', null],
      ['8', 1000],
    ],
    ['9', '8', '7'],
  ],
  [
    'numbers beyond the exact ones',
    [
      ['9007199254740992', null],
      ['9007199254740993', null],
    ],
    ['9007199254740993', '9007199254740992'],
  ],
  ['one alone', [['1', null]], ['1']],
  ['none', [], []],
])('jobs are ordered newest first: %s', (_case, listed, expected) => {
  const jobs = listed.map(([id, createdMs]) => jobOf({ id, createdMs }));
  for (const order of [jobs, jobs.toReversed()]) expect(newestFirst(order).map(({ id }) => id)).toEqual(expected);
});

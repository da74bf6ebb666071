import { expect, test } from 'vitest';
import {
  audienceAnswer,
  audiencePage,
  parseAnswer,
  parseReasons,
  uploadJobsAnswer,
} from '../../../src/destinations/lineAds/schemas.ts';

test('an audience is read whether its id is a string or a number, with unknown fields and states', () => {
  const body = JSON.stringify({ id: 5343822743474, name: 'Buyers', functionType: 'NEW', status: 'PAUSED', extra: {} });
  expect(parseAnswer(audienceAnswer, body)).toEqual({
    id: '5343822743474',
    name: 'Buyers',
    type: 'NEW',
    holds: undefined,
    state: 'ready',
    status: 'PAUSED',
    estimatedSize: null,
    createdMs: null,
  });
});

test('a job keeps the file name, an unknown state and the count', () => {
  const jobs = [
    {
      audienceGroupId: 1,
      audienceGroupJobId: 7,
      name: 'a.txt',
      type: 'DIFF_ADD',
      jobStatus: 'RESTING',
      audienceCount: '9',
    },
    { audienceGroupJobId: '8', jobStatus: 'FAILED', failedType: 'WRONG_FORMAT', audienceCount: 'many' },
  ];
  expect(parseAnswer(uploadJobsAnswer('1'), JSON.stringify({ jobs }))?.jobs).toEqual([
    {
      createdMs: null,
      id: '7',
      label: 'a.txt',
      effect: 'add',
      state: 'unfinished',
      type: 'DIFF_ADD',
      status: 'RESTING',
      failure: null,
      processed: 9,
    },
    {
      createdMs: null,
      id: '8',
      label: '',
      effect: 'other',
      state: 'failed',
      type: '',
      status: 'FAILED',
      failure: 'WRONG_FORMAT',
      processed: null,
    },
  ]);
});

test.each([
  ['in the zone of the account', '2026-01-15T12:00:00+09:00', Date.UTC(2026, 0, 15, 3)],
  ['in UTC, with milliseconds', '2026-01-15T12:00:00.250Z', Date.UTC(2026, 0, 15, 12, 0, 0, 250)],
  ['that is null', null, null],
  ['that is missing', undefined, null],
  ['that cannot be read', 'yesterday', null],
  ['of another type', 1768446000, null],
  ['beyond what a date can be', '+999999-01-01T00:00:00Z', null],
  ['with a month too many', '2026-13-01T00:00:00Z', null],
  ['that only looks like one', 'batch 5', null],
])('a time of creation %s (%s) is read as %s', (_case, created, createdMs) => {
  const jobs = [{ audienceGroupJobId: 7, created }];
  expect(parseAnswer(uploadJobsAnswer('1'), JSON.stringify({ jobs }))?.jobs).toMatchObject([{ id: '7', createdMs }]);
});

test('a time of creation of an audience is read like that of a job', () => {
  const audience = { id: '1', created: '2026-01-15T12:00:00+09:00' };
  expect(parseAnswer(audienceAnswer, JSON.stringify(audience))).toMatchObject({ createdMs: Date.UTC(2026, 0, 15, 3) });
  expect(parseAnswer(audienceAnswer, JSON.stringify({ ...audience, created: 5 }))).toMatchObject({ createdMs: null });
});

test.each([
  ['0', 0],
  ['500000', 500_000],
  ['"500000"', 500_000],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740992', null],
  ['-1', null],
  ['1.5', null],
  ['1e300', null],
  ['1e400', null],
  [`1${'0'.repeat(300)}`, null],
  ['"-1"', null],
  ['"1e3"', null],
  ['"many"', null],
  ['""', null],
  ['true', null],
  ['[1]', null],
  ['{}', null],
  ['null', null],
])('an audienceCount of %s is read as %s', (json, processed) => {
  const body = `{"jobs":[{"audienceGroupJobId":7,"audienceCount":${json}}]}`;
  expect(parseAnswer(uploadJobsAnswer('1'), body)?.jobs).toMatchObject([{ processed }]);
});

test('ids beyond the exact numbers keep their digits, so that two of them stay two', () => {
  const body = '{"jobs":[{"audienceGroupJobId":90071992547409931},{"audienceGroupJobId":90071992547409932}]}';
  expect(parseAnswer(uploadJobsAnswer('1'), body)?.jobs.map(({ id }) => id)).toEqual([
    '90071992547409931',
    '90071992547409932',
  ]);
});

test.each([['1.5'], ['true'], ['null'], ['""'], ['[]']])('an answer with the job id %s cannot be read', (json) => {
  expect(parseAnswer(uploadJobsAnswer('1'), `{"jobs":[{"audienceGroupJobId":${json}}]}`)).toBeUndefined();
});

test.each([
  ['1', true],
  ['"1"', true],
  ['null', true],
  ['{}', true],
  ['2', false],
  ['"01"', false],
])('a list of jobs whose audience is told as %s is one of audience 1: %s', (json, expected) => {
  const body = `{"jobs":[{"audienceGroupJobId":7,"audienceGroupId":1},{"audienceGroupJobId":8,"audienceGroupId":${json}}]}`;
  expect(parseAnswer(uploadJobsAnswer('1'), body) !== undefined).toBe(expected);
});

test.each([['{"page":1}'], ['[]'], ['<html>'], [''], [undefined]])(
  'a page without a list of audiences (%s) is no page, rather than an empty one',
  (body) => {
    expect(parseAnswer(audiencePage, body)).toBeUndefined();
  },
);

test.each([
  ['an object with errors', '{"errors":[{"reason":"EMPTY_FILE","property":"file"}]}', ['EMPTY_FILE']],
  ['a bare array', '[{"reason":"EMPTY_FILE"},{"reason":"LOCK_DEFAULT"}]', ['EMPTY_FILE', 'LOCK_DEFAULT']],
  ['free text among codes', '[{"reason":"user a@b.example is bad"},{"reason":"EMPTY_FILE"},5]', ['EMPTY_FILE']],
  ['a reason of 81 characters', `[{"reason":"${'A'.repeat(81)}"}]`, []],
  ['another object', '{"message":"no"}', []],
  ['a page of HTML', '<html>EMPTY_FILE</html>', []],
  ['nothing', '', []],
  ['no text', undefined, []],
])('reasons of an error body: %s', (_case, body, reasons) => {
  expect(parseReasons(body)).toEqual(reasons);
});

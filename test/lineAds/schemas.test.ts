import { expect, test } from 'vitest';
import {
  audienceAnswer,
  audiencePage,
  parseAnswer,
  parseReasons,
  uploadJobsAnswer,
} from '../../src/lineAds/schemas.ts';

test('an audience is read whether its id is a string or a number, with unknown fields and states', () => {
  const body = JSON.stringify({ id: 5343822743474, name: 'Buyers', functionType: 'NEW', status: 'PAUSED', extra: {} });
  expect(parseAnswer(audienceAnswer, body)).toEqual({
    id: '5343822743474',
    name: 'Buyers',
    functionType: 'NEW',
    status: 'PAUSED',
    estimatedSize: null,
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
  expect(parseAnswer(uploadJobsAnswer, JSON.stringify({ jobs }))?.jobs).toEqual([
    {
      createdMs: null,
      id: '7',
      fileName: 'a.txt',
      type: 'DIFF_ADD',
      status: 'RESTING',
      failedType: null,
      audienceCount: 9,
    },
    {
      createdMs: null,
      id: '8',
      fileName: '',
      type: '',
      status: 'FAILED',
      failedType: 'WRONG_FORMAT',
      audienceCount: null,
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
])('a time of creation %s (%s) is read as %s', (_case, created, createdMs) => {
  const jobs = [{ audienceGroupJobId: 7, created }];
  expect(parseAnswer(uploadJobsAnswer, JSON.stringify({ jobs }))?.jobs).toMatchObject([{ id: '7', createdMs }]);
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

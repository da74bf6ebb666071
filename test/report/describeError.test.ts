import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { describeError } from '../../src/report/describeError.ts';

describe('an error', () => {
  test('of the program is reported with its code, message and hint', () => {
    expect(describeError(new SyncError('job.failed', 'A job failed.', 'Run again.'))).toEqual({
      code: 'job.failed',
      message: 'A job failed.',
      hint: 'Run again.',
    });
  });

  test('of another kind is an internal error, reported with its kind and place but without its text', () => {
    const error = Object.assign(new TypeError('marked@example.com is no number'), { code: 'ERR_X' });
    error.stack = `${error.stack}\n    at work (/app/src/members/memberSet.ts:12:3)`;
    const reported = describeError(error);
    expect(reported.code).toBe('internal');
    expect(reported.message).toContain('TypeError ERR_X at members/memberSet.ts:12');
    expect(JSON.stringify(reported)).not.toContain('marked');
  });

  test.each(['marked', undefined, null, 7, { code: 'X', text: 'marked' }])('may be anything: %j', (thrown) => {
    expect(describeError(thrown).code).toBe('internal');
    expect(JSON.stringify(describeError(thrown))).not.toContain('marked');
  });
});

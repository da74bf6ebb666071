import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { describeError } from '../../src/report/describeError.ts';

describe('an error', () => {
  test('of ours is told with its code, and begins with a capital', () => {
    expect(describeError(new SyncError('job.failed', 'it failed', 'mend it'))).toEqual({
      code: 'job.failed',
      message: 'It failed',
      hint: 'mend it',
    });
  });

  test('that is not ours is a fault of ours, of which the kind and the place are told, not the text', () => {
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

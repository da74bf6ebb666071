import { expect, test } from 'vitest';
import { createClaims } from '../../src/run/claims.ts';

test('an audience belongs to the first sync that claims it, and is refused to another', () => {
  const claim = createClaims();
  claim('1', 'buyers');
  claim('2', 'visitors');
  expect(() => claim('1', 'others')).toThrow(
    expect.objectContaining({ code: 'audience.ambiguous', message: expect.stringContaining('the sync buyers') }),
  );
});

import { expect, test } from 'vitest';
import { createClaims } from '../../src/run/claims.ts';

const keyOf = (syncName: string, accountId = 'line_ads:A1') => ({ accountId, syncName });

test('an audience belongs to the first sync that claims it, and is refused to another', () => {
  const claim = createClaims();
  claim('1', keyOf('buyers'));
  claim('2', keyOf('visitors'));
  expect(() => claim('1', keyOf('others'))).toThrow(
    expect.objectContaining({ code: 'audience.ambiguous', message: expect.stringContaining('the sync buyers') }),
  );
});

test('audiences of two accounts may have the same id', () => {
  const claim = createClaims();
  claim('1', keyOf('buyers'));
  claim('1', keyOf('others', 'line_ads:A2'));
});

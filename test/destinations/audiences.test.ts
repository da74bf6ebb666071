import { describe, expect, test } from 'vitest';
import { resolveAudience, type WantedAudience } from '../../src/destinations/audiences.ts';
import type { Audience } from '../../src/destinations/destination.ts';
import { words } from '../../src/destinations/lineAds/words.ts';
import { SyncError } from '../../src/errors.ts';
import { audienceOf } from '../setup/clientSetup.ts';

const buyers = audienceOf({ id: '1' });
const phones = audienceOf({ id: '2', type: 'HASHED_PHONE_NUMBER_UPLOAD' });
const lookalike = audienceOf({ id: '3', type: 'LOOKALIKE' });

function errorOf(audiences: readonly Audience[], wanted: WantedAudience): SyncError {
  try {
    resolveAudience(audiences, wanted, words);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('an audience was resolved');
}

test('an audience is found by its id', () => {
  const found = resolveAudience([lookalike, phones, buyers], { audienceId: '2', identifierType: 'phone' }, words);
  expect(found).toEqual(phones);
});

test('an id that is not in the account is an error', () => {
  const wanted = { audienceId: '9', audienceName: 'Buyers', identifierType: 'email' } as const;
  expect(errorOf([buyers], wanted)).toMatchObject({ code: 'audience.not_found' });
});

test('an id of another type is an error that names both types', () => {
  expect(errorOf([buyers], { audienceId: '1', identifierType: 'ifa' })).toMatchObject({
    code: 'audience.wrong_type',
    message: expect.stringMatching(/HASHED_EMAIL_UPLOAD.*ifa.*UPLOAD/),
  });
});

test.each([
  ['email', '1'],
  ['phone', '2'],
] as const)('the same name of another type is no match for %s', (identifierType, id) => {
  const found = resolveAudience([buyers, phones, lookalike], { audienceName: 'Buyers', identifierType }, words);
  expect(found?.id).toBe(id);
});

test('a name that only contains the wanted one is no match', () => {
  const similar = ['Buyers 90', 'buyers', ' Buyers'].map((name, index) => audienceOf({ id: `${index}`, name }));
  expect(resolveAudience(similar, { audienceName: 'Buyers', identifierType: 'email' }, words)).toBe(undefined);
});

describe('several audiences of one name and type', () => {
  const wanted = { audienceName: 'Buyers', identifierType: 'email' } as const;
  const day = (date: number) => Date.UTC(2026, 0, date, 3, 4, 5, 678);

  test('are an error that lists them newest first, with creation time and size, and names the newest', () => {
    const audiences = [
      audienceOf({ id: '21', createdMs: day(2), estimatedSize: '100 or fewer' }),
      phones,
      audienceOf({ id: '9', createdMs: day(3), estimatedSize: '4000' }),
      audienceOf({ id: '30', createdMs: null, estimatedSize: null }),
    ];
    const error = errorOf(audiences, wanted);
    expect(error.code).toBe('audience.ambiguous');
    expect(error.message).toContain('3 audiences are named "Buyers"');
    expect(error.message).toContain(
      '9 (created 2026-01-03T03:04:05Z, size 4000), 21 (created 2026-01-02T03:04:05Z, size 100 or fewer), 30 (creation time unknown, size unknown)',
    );
    expect(error.hint).toContain('9 is the newest');
  });

  test('that were created within one second are ordered by id', () => {
    const audiences = ['99', '101', '100'].map((id) => audienceOf({ id, createdMs: day(1) }));
    expect(errorOf(audiences, wanted).message).toMatch(/: 101 .* 100 .* 99 /);
  });

  test('without a creation time are listed, and none is called the newest', () => {
    const error = errorOf([buyers, audienceOf({ id: '8' })], wanted);
    expect(error.message).toMatch(/: 8 .* 1 /);
    expect(error.hint).not.toContain('newest');
  });
});

test.each(['EXPIRED', 'FAILED'])('an audience that is %s takes no uploads', (status) => {
  const audience = audienceOf({ id: '1', status });
  for (const wanted of [{ audienceId: '1' }, { audienceName: 'Buyers' }])
    expect(errorOf([audience], { ...wanted, identifierType: 'email' })).toMatchObject({ code: 'audience.unusable' });
});

import { expect, test } from 'vitest';
import { isNotPopulating, resolveAudience } from '../../src/lineAds/audiences.ts';
import type { Audience } from '../../src/lineAds/schemas.ts';
import { audienceOf } from './clientSetup.ts';

function clientWith(...audiences: Audience[]) {
  return { listAudiences: async () => audiences };
}

const buyers = audienceOf({ id: '1' });
const phones = audienceOf({ id: '2', functionType: 'HASHED_PHONE_NUMBER_UPLOAD' });
const lookalike = audienceOf({ id: '3', functionType: 'LOOKALIKE' });

test('an audience is found by its id', async () => {
  const found = await resolveAudience(clientWith(lookalike, phones, buyers), {
    audienceId: '2',
    identifierType: 'phone',
  });
  expect(found).toEqual(phones);
});

test('an id that is not in the account is an error', async () => {
  await expect(
    resolveAudience(clientWith(buyers), { audienceId: '9', audienceName: 'Buyers', identifierType: 'email' }),
  ).rejects.toMatchObject({ code: 'audience.not_found' });
});

test('an id of another type is an error that names both types', async () => {
  await expect(resolveAudience(clientWith(buyers), { audienceId: '1', identifierType: 'ifa' })).rejects.toMatchObject({
    code: 'audience.wrong_type',
    message: expect.stringMatching(/HASHED_EMAIL_UPLOAD.*ifa.*UPLOAD/),
  });
});

test.each([
  ['email', '1'],
  ['phone', '2'],
] as const)('the same name of another type is no match for %s', async (identifierType, id) => {
  const found = await resolveAudience(clientWith(buyers, phones, lookalike), {
    audienceName: 'Buyers',
    identifierType,
  });
  expect(found?.id).toBe(id);
});

test('a name that only contains the wanted one is no match', async () => {
  const similar = ['Buyers 90', 'buyers', ' Buyers'].map((name, index) => audienceOf({ id: `${index}`, name }));
  expect(await resolveAudience(clientWith(...similar), { audienceName: 'Buyers', identifierType: 'email' })).toBe(
    undefined,
  );
});

test('several of one name and type are an error that lists them', async () => {
  await expect(
    resolveAudience(clientWith(buyers, phones, audienceOf({ id: '8' })), {
      audienceName: 'Buyers',
      identifierType: 'email',
    }),
  ).rejects.toMatchObject({ code: 'audience.ambiguous', message: expect.stringContaining('1, 8') });
});

test.each(['EXPIRED', 'FAILED'])('an audience that is %s takes no uploads', async (status) => {
  const audience = audienceOf({ id: '1', status });
  for (const wanted of [{ audienceId: '1' }, { audienceName: 'Buyers' }])
    await expect(resolveAudience(clientWith(audience), { ...wanted, identifierType: 'email' })).rejects.toMatchObject({
      code: 'audience.unusable',
    });
});

test.each([
  [{ status: 'IN_PROGRESS' }, true],
  [{ estimatedSize: '-' }, true],
  [{ estimatedSize: '100 or fewer' }, true],
  [{ estimatedSize: '101' }, false],
  [{ estimatedSize: null, status: 'SOMETHING_NEW' }, false],
])('an audience with %j is not populating: %s', (overrides, expected) => {
  expect(isNotPopulating(audienceOf(overrides))).toBe(expected);
});

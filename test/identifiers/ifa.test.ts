import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normaliseIfa } from '../../src/identifiers/ifa.ts';

test.each([
  '6D92078A-8246-4BA4-AE5B-76104861E7DC',
  '6d92078a-8246-4ba4-ae5b-76104861e7dc',
  '6D92078a-8246-4ba4-AE5B-76104861e7dc',
  '00000000-0000-0000-0000-000000000001',
])('%s stays as it is', (value) => {
  expect(normaliseIfa(value)).toEqual({ text: value });
});

test.each([
  '6D92078A82464BA4AE5B76104861E7DC',
  '6D92078A-8246-4BA4-AE5B-76104861E7D',
  '6D92078A-8246-4BA4-AE5B-76104861E7DC0',
  '6D92078A-8246-4BA4-AE5B-76104861E7DG',
  '6D92078A8-246-4BA4-AE5B-76104861E7DC',
  '{6D92078A-8246-4BA4-AE5B-76104861E7DC}',
  '6D92078A\u20108246\u20104BA4\u2010AE5B\u201076104861E7DC',
  '00000000000000000000000000000000',
  '0',
  'null',
])('%s is no UUID', (value) => {
  expect(normaliseIfa(value)).toEqual({ reject: 'ifa.not_a_uuid' });
});

test('all zeros is an opt-out, not a malformed value', () => {
  expect(normaliseIfa('00000000-0000-0000-0000-000000000000')).toEqual({ reject: 'ifa.all_zero' });
});

test('every UUID in either case is kept as it came', () => {
  fc.assert(
    fc.property(fc.uuid(), (value) => {
      expect(normaliseIfa(value)).toEqual({ text: value });
      expect(normaliseIfa(value.toUpperCase())).toEqual({ text: value.toUpperCase() });
    }),
  );
});

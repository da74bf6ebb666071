import { expect, test } from 'vitest';
import type { IdentifyRules } from '../../src/identifiers/identify.ts';
import { kernelFor } from '../../src/kernel/kernelFor.ts';
import { decide } from './agreement.ts';

const phone: IdentifyRules = { identifierType: 'phone', hashed: 'auto', phoneFormats: ['e164'], defaultCountry: 'JP' };

function decideNational(rules: IdentifyRules): string {
  return decide(kernelFor(rules)!, '09012345678');
}

test('kernels of one thread that are used in turns each read by their own country', () => {
  const countries = [undefined, 'TH', null, 'JP'];
  const [own, thai, unknown, japanese] = countries.map((country) => decideNational({ ...phone, country }));
  expect([unknown, japanese]).toEqual(['undecided', own]);
  expect(thai).not.toBe(own);
  expect(countries.map((country) => decideNational({ ...phone, country }))).toEqual([own, thai, unknown, japanese]);
});

test('the same rules get the same kernel', () => {
  expect(kernelFor({ ...phone, country: 'JP' })).toBe(kernelFor(phone));
  expect(kernelFor({ ...phone, country: 'TH' })).toBe(kernelFor({ ...phone, country: 'TH' }));
});

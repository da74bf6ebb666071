import { expect, test } from 'vitest';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { kernelFor } from '../../src/kernel/kernelFor.ts';
import { createAgreement, decide, texts } from './agreement.ts';

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

test('each reading country and each default country has a kernel of its own, the unknown country too', () => {
  const values = texts(['090-1234-5678', '0812345678', '+81 90 1234 5678', '0912 345 678', '819012345678']);
  for (let turn = 0; turn < 2; turn++)
    for (const defaultCountry of ['JP', undefined, 'TW'])
      for (const country of [undefined, null, 'JP', 'TH', 'TW', 'AQ']) {
        const rules: IdentifyRules = {
          identifierType: 'phone',
          hashed: 'auto',
          defaultCountry,
          country,
          phoneFormats: ['e164', 'national'],
        };
        const kernel = kernelFor(rules);
        if (kernel === undefined) throw new Error('There is no kernel.');
        createAgreement(kernel, rules).expectAgreement(values);
      }
});

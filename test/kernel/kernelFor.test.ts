import { test } from 'vitest';
import type { IdentifyRules } from '../../src/identifiers/identify.ts';
import { kernelFor } from '../../src/kernel/kernelFor.ts';
import { createAgreement, texts } from './agreement.ts';

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

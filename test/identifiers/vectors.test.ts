import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createIdentify } from '../../src/identifiers/identify.ts';
import type { PhoneFormat } from '../../src/identifiers/phoneFormats.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import vectors from './vectors.json' with { type: 'json' };

function rulesOf(vector: (typeof vectors)[number]): IdentifyRules {
  return {
    identifierType: vector.kind === 'phone' ? 'phone' : 'email',
    hashed: 'auto',
    defaultCountry: vector.country,
    phoneFormats: [(vector.form ?? 'e164') as PhoneFormat],
  };
}

describe('the hashes that other publishers print', () => {
  test.each(vectors)('$kind $input is $normalised', (vector) => {
    const { recordBytes, identify } = createIdentify(rulesOf(vector));
    const record = Buffer.alloc(recordBytes);
    expect(identify(vector.input, record, 0)).toBe('member');
    expect(record.toString('hex')).toBe(vector.sha256);
    expect(hash('sha256', vector.normalised, 'hex')).toBe(vector.sha256);
  });
});

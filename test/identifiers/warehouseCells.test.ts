import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIdentify } from '../../src/identifiers/identify.ts';
import { phoneFormats } from '../../src/identifiers/phoneFormats.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { needsConnector } from '../../src/identifiers/warehouseCells.ts';

const email: IdentifyRules = { identifierType: 'email', hashed: 'auto', phoneFormats, hashing: 'warehouse' };
const phone: IdentifyRules = { ...email, identifierType: 'phone', defaultCountry: 'JP' };
const orRaw = { hashing: 'warehouse_or_raw' } as const;

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

const [first, second, third] = ['+819012345678', '819012345678', '09012345678'].map(sha256) as [string, string, string];
const zeros = '0'.repeat(64);
const ofNothing = sha256('');

/** The record in hex, "empty" or a reject code. The record's memory is dirty before. */
function read(rules: IdentifyRules, cell: string): string {
  const { recordBytes, identify } = createIdentify(rules);
  const buffer = Buffer.alloc(recordBytes + 20, 0xee);
  const outcome = identify(cell, buffer, 7);
  expect(buffer.subarray(7 + recordBytes).every((byte) => byte === 0xee)).toBe(true);
  return outcome === 'member' ? buffer.toString('hex', 7, 7 + recordBytes) : outcome;
}

describe('with hashing in the warehouse', () => {
  test.each([
    ['a hash', email, first, first],
    ['a hash of each form', phone, first + second + third, first + second + third],
    ['zeros for a form that the number has not', phone, first + second + zeros, first + second + zeros],
    ['a value that came hashed', phone, first + zeros + zeros, first + zeros + zeros],
    ['one form', { ...phone, phoneFormats: ['national'] }, third, third],
  ] as [string, IdentifyRules, string, string][])('%s is a record', (_, rules, cell, record) => {
    expect(read(rules, cell)).toBe(record);
    expect(read({ ...rules, ...orRaw }, cell)).toBe(record);
  });

  test.each([
    ['the marker', email, needsConnector],
    ['a raw email', email, 'user@example.com'],
    ['a raw phone', phone, '090-1234-5678'],
    ['hashes of too few forms', phone, first],
    ['hashes of too many forms', email, first + second],
    ['a hash in capitals', email, first.toUpperCase()],
    ['a hash with a space', email, `${first} `],
    ['zeros where the first form should be', phone, zeros + second + third],
    ['zeros alone', email, zeros],
  ] as [string, IdentifyRules, string][])('%s is rejected, and never read as raw', (_, rules, cell) => {
    expect(read(rules, cell)).toBe('value.needs_connector');
  });

  test('no text is read in another way than as hashes', () => {
    const cells = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.emailAddress(),
      fc.stringMatching(/^[0-9a-f]{60,70}$/),
      fc.stringMatching(/^\+?[0-9 -]{5,20}$/),
    );
    fc.assert(
      fc.property(cells, fc.constantFrom(email, phone), (cell, rules) => {
        const outcome = read(rules, cell);
        if (outcome !== cell) expect(['empty', 'value.needs_connector', 'hash.of_empty_string']).toContain(outcome);
      }),
    );
  });

  test.each(['', ' ', '\u3000\n'])('%j is empty', (cell) => {
    for (const rules of [email, phone])
      for (const more of [{}, orRaw]) expect(read({ ...rules, ...more }, cell)).toBe('empty');
  });

  test('a hash of nothing in any form is rejected as such', () => {
    expect(read(email, ofNothing)).toBe('hash.of_empty_string');
    expect(read(phone, first + ofNothing + zeros)).toBe('hash.of_empty_string');
  });
});

describe('with raw values beside the hashes', () => {
  test.each([
    ['User@Example.com', email, sha256('user@example.com')],
    ['０９０－1234－5678', phone, first + second + third],
    [first, phone, first + zeros + zeros],
    [first.toUpperCase(), email, first],
    ['nobody', email, 'email.no_at'],
    [needsConnector, email, 'value.needs_connector'],
  ])('%s is read as always', (cell, rules, meaning) => {
    expect(read({ ...rules, ...orRaw }, cell)).toBe(meaning);
  });
});

test('IFAs are never hashed, so nothing is changed about them', () => {
  const value = '6D92078A-8246-4BA4-AE5B-76104861E7DC';
  const rules: IdentifyRules = { ...email, identifierType: 'ifa' };
  expect(Buffer.from(read(rules, value), 'hex').toString()).toBe(value);
  expect(read(rules, needsConnector)).toBe('ifa.not_a_uuid');
});

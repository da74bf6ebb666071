import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../src/identifiers/email.ts';
import { createIdentify } from '../../src/identifiers/identify.ts';
import { type PhoneFormat, phoneFormats } from '../../src/identifiers/phoneFormats.ts';
import { rejectCodes } from '../../src/identifiers/rejects.ts';
import { hashedSettings, type IdentifyRules, identifierTypes } from '../../src/identifiers/rules.ts';
import { normaliseValue } from '../../src/identifiers/value.ts';

const email: IdentifyRules = { identifierType: 'email', hashed: 'auto', phoneFormats };
const phone: IdentifyRules = { identifierType: 'phone', hashed: 'auto', defaultCountry: 'JP', phoneFormats };
const ifa: IdentifyRules = { identifierType: 'ifa', hashed: 'auto', phoneFormats };

const sha256 = hash('sha256', 'user@example.com', 'hex');
const zeros = '0'.repeat(64);

function verdict(rules: IdentifyRules, value: string): string {
  const { recordBytes, identify } = createIdentify(rules);
  return identify(value, Buffer.alloc(recordBytes), 0);
}

/** The record in hex, written into a dirty buffer; throws when the value is no member or a neighbour was touched. */
function recordOf(rules: IdentifyRules, value: string): string {
  const { recordBytes, identify } = createIdentify(rules);
  const buffer = Buffer.alloc(recordBytes + 20, 0xee);
  expect(identify(value, buffer, 7)).toBe('member');
  expect(buffer.subarray(0, 7).every((byte) => byte === 0xee)).toBe(true);
  expect(buffer.subarray(7 + recordBytes).every((byte) => byte === 0xee)).toBe(true);
  return buffer.toString('hex', 7, 7 + recordBytes);
}

function digests(...texts: string[]): string {
  return texts.map((text) => hash('sha256', text, 'hex')).join('');
}

describe('records', () => {
  test('an email is its digest', () => {
    expect(recordOf(email, '　User@Example.com\r\n')).toBe(sha256);
  });

  test('a phone has a slot for each form in the order of the forms, not of the configuration', () => {
    const wanted = digests('+819012345678', '819012345678', '09012345678');
    expect(recordOf(phone, '090-1234-5678')).toBe(wanted);
    const shuffled: PhoneFormat[] = ['national', 'e164', 'e164-digits', 'e164'];
    expect(recordOf({ ...phone, phoneFormats: shuffled }, '090-1234-5678')).toBe(wanted);
    expect(recordOf({ ...phone, phoneFormats: ['national', 'e164-digits'] }, '090-1234-5678')).toBe(
      digests('819012345678', '09012345678'),
    );
  });

  test('a form that a number does not have is zeros', () => {
    expect(recordOf(phone, '+66812345678')).toBe(digests('+66812345678', '66812345678') + zeros);
  });

  test('a phone that came hashed fills the first slot only', () => {
    expect(recordOf(phone, sha256.toUpperCase())).toBe(sha256 + zeros + zeros);
    expect(recordOf({ ...phone, phoneFormats: ['national'] }, sha256)).toBe(sha256);
  });

  test('an email that came hashed is taken as it is', () => {
    expect(recordOf(email, ` ${sha256.toUpperCase()} `)).toBe(sha256);
  });

  test('an IFA is its 36 characters as they came', () => {
    const value = '6D92078a-8246-4BA4-ae5b-76104861E7DC';
    expect(Buffer.from(recordOf(ifa, `\ufeff${value} `), 'hex').toString('latin1')).toBe(value);
  });

  test('their size follows from type and forms', () => {
    const bytesOf = (rules: IdentifyRules) => createIdentify(rules).recordBytes;
    expect([email, phone, ifa].map(bytesOf)).toEqual([32, 96, 36]);
    expect(bytesOf({ ...phone, phoneFormats: ['national', 'national'] })).toBe(32);
  });
});

describe('what comes first', () => {
  test.each([
    ['empty', '', email],
    ['empty', ' \u3000\u0085\u200b\ufeff\r\n', email],
    ['empty', '\u00a0', { ...email, hashed: 'always' as const }],
    ['member', 'user@example.com\n', email],
    ['value.line_break', 'user@\nexample.com', email],
    ['value.line_break', `${sha256}\n${sha256}`, email],
    ['value.line_break', '+8190\r12345678', phone],
    ['value.line_break', '-\n-', ifa],
    ['value.line_break', 'ü\nü', { ...email, hashed: 'always' as const }],
    ['email.inner_space', '\0', email],
    ['email.not_ascii', '\x7f', email],
    ['hash.of_empty_string', hash('sha256', '', 'hex'), phone],
    ['hash.wrong_length', hash('md5', 'x', 'hex'), email],
    ['hash.wrong_length', '1'.repeat(40), phone],
    ['hash.wrong_length', '09012345678', { ...phone, hashed: 'always' as const }],
    ['hash.not_hex', 'user@example.com', { ...email, hashed: 'always' as const }],
    ['email.no_at', sha256, { ...email, hashed: 'never' as const }],
    ['phone.not_a_number', sha256, { ...phone, hashed: 'never' as const }],
    ['ifa.not_a_uuid', sha256, { ...ifa, hashed: 'always' as const }],
    ['member', '6D92078A-8246-4BA4-AE5B-76104861E7DC', { ...ifa, hashed: 'always' as const }],
  ] as [string, string, IdentifyRules][])('%s: %j', (wanted, value, rules) => {
    expect(verdict(rules, value)).toBe(wanted);
  });

  test('a number without a national form is refused where that is the only form', () => {
    const rules: IdentifyRules = { ...phone, phoneFormats: ['national'] };
    expect(verdict(rules, '+66812345678')).toBe('phone.bad_country');
    expect(verdict(rules, '+66 8123 45678 901')).toBe('phone.not_possible');
    expect(verdict({ ...rules, phoneFormats: ['national', 'e164-digits'] }, '+66812345678')).toBe('member');
  });
});

const anyRules: fc.Arbitrary<IdentifyRules> = fc.record({
  identifierType: fc.constantFrom(...identifierTypes),
  hashed: fc.constantFrom(...hashedSettings),
  defaultCountry: fc.constantFrom(undefined, 'JP', 'TH', 'TW', 'ID', 'US'),
  phoneFormats: fc.array(fc.constantFrom(...phoneFormats), { minLength: 1, maxLength: 4 }),
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.stringMatching(/^[0-9+() #,;.x-]{0,25}$/),
  fc.stringMatching(/^[0-9a-fA-F]{64}$/),
  fc.emailAddress(),
  fc.uuid(),
);

test('any text under any rules gives a verdict of the closed list, never throws and stays inside its record', () => {
  const verdicts = new Set<string>(['member', 'empty', ...rejectCodes]);
  fc.assert(
    fc.property(anyRules, anyText, (rules, text) => {
      const { recordBytes, identify } = createIdentify(rules);
      const buffer = Buffer.alloc(recordBytes + 10, 0xee);
      expect(verdicts).toContain(identify(text, buffer, 5));
      expect(buffer.toString('hex', 0, 5) + buffer.toString('hex', recordBytes + 5)).toBe('ee'.repeat(10));
    }),
    { numRuns: 4_000 },
  );
});

test('the digest of every accepted email is the SHA-256 of its normalised text', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.constantFrom('', ' ', '\u3000', '\ufeff'), (address, edge) => {
      const normalised = normaliseEmail(normaliseValue(address));
      if ('text' in normalised) expect(recordOf(email, edge + address + edge)).toBe(digests(normalised.text));
      else expect(verdict(email, edge + address)).toBe(normalised.reject);
    }),
    { numRuns: 500 },
  );
});

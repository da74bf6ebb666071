import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainValue, formatExplanation } from '../../src/identifiers/explain.ts';
import { createIdentify } from '../../src/identifiers/identify.ts';
import { phoneFormats } from '../../src/identifiers/phoneFormats.ts';
import { type RejectCode, rejectReasons } from '../../src/identifiers/rejects.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';

const email: IdentifyRules = { identifierType: 'email', hashed: 'auto', phoneFormats };
const phone: IdentifyRules = { identifierType: 'phone', hashed: 'auto', defaultCountry: 'JP', phoneFormats };
const ifa: IdentifyRules = { identifierType: 'ifa', hashed: 'auto', phoneFormats };

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

describe('an explanation', () => {
  test('tells shape, cleaned value, normalised text and upload line of an email', () => {
    expect(explainValue(email, '　Ｕser@Example.com ')).toEqual({
      identifierType: 'email',
      shape: '?aaaa@aaaaaaa.aaa ',
      cleaned: 'User@Example.com',
      outcome: 'member',
      forms: [{ form: 'email', text: 'user@example.com', upload: sha256('user@example.com') }],
    });
  });

  test('tells each form of a phone, also one that it does not have', () => {
    expect(explainValue(phone, '+66 81-234-5678')).toMatchObject({
      outcome: 'member',
      forms: [
        { form: 'e164', text: '+66812345678', upload: sha256('+66812345678') },
        { form: 'e164-digits', text: '66812345678', upload: sha256('66812345678') },
        { form: 'national', text: undefined, upload: undefined },
      ],
    });
  });

  test.each([
    ['JP', '819012345678.0', '+819012345678', '09012345678'],
    ['ID', '62215551234', '+62215551234', '0215551234'],
  ])('tells in %s which number %s is', (defaultCountry, raw, e164, national) => {
    const found = explainValue({ ...phone, defaultCountry }, raw);
    expect(found).toMatchObject({ cleaned: raw, outcome: 'member' });
    expect('forms' in found && found.forms.map(({ text }) => text)).toEqual([e164, e164.slice(1), national]);
  });

  test.each([
    [email, '<user@example.com>', 'email.bad_local'],
    [email, 'user@example.com;', 'email.bad_domain'],
    [phone, '-819012345678', 'phone.not_a_number'],
  ])('tells why a value is rejected, case %#', (rules, raw, code) => {
    expect(explainValue(rules, raw)).toMatchObject({
      outcome: 'rejected',
      code,
      reason: rejectReasons[code as RejectCode],
    });
  });

  test('sends an IFA as it is', () => {
    const value = '6D92078A-8246-4BA4-AE5B-76104861E7DC';
    expect(explainValue(ifa, value)).toMatchObject({ forms: [{ form: 'ifa', text: value, upload: value }] });
  });

  test('says when a value is taken as a hash', () => {
    const hex = sha256('user@example.com');
    expect(explainValue(phone, hex.toUpperCase())).toMatchObject({ outcome: 'taken as hash', upload: hex });
  });

  test('says when a value is empty', () => {
    expect(explainValue(email, ' \u200b')).toMatchObject({ outcome: 'empty', cleaned: '' });
  });

  test('names the reject code and its reason', () => {
    expect(explainValue(email, 'nobody')).toMatchObject({
      outcome: 'rejected',
      code: 'email.no_at',
      reason: rejectReasons['email.no_at'],
    });
  });
});

test('an explanation and the record agree on every value', () => {
  const value = fc.oneof(
    fc.emailAddress(),
    fc.uuid(),
    fc.stringMatching(/^(\+81|\+66|0|)[0-9 -]{5,14}$/),
    fc.stringMatching(/^[0-9a-f]{64}$/),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.constantFrom(email, phone, ifa), value, (rules, raw) => {
      const { recordBytes, identify } = createIdentify(rules);
      const record = Buffer.alloc(recordBytes);
      const verdict = identify(raw, record, 0);
      const explanation = explainValue(rules, raw);
      if (explanation.outcome === 'empty') expect(verdict).toBe('empty');
      else if (explanation.outcome === 'rejected') expect(verdict).toBe(explanation.code);
      else {
        expect(verdict).toBe('member');
        const uploads =
          explanation.outcome === 'member' ? explanation.forms.map(({ upload }) => upload) : [explanation.upload];
        const encoding = rules.identifierType === 'ifa' ? 'latin1' : 'hex';
        const wanted = uploads.map((upload) => upload ?? '0'.repeat(64)).join('');
        expect(record.toString(encoding)).toBe(encoding === 'hex' ? wanted.padEnd(recordBytes * 2, '0') : wanted);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('the text for a person', () => {
  test('shows every step of a phone', () => {
    expect(formatExplanation(explainValue(phone, '＋66 81-234-5678'))).toBe(
      [
        'type         phone',
        'shape        ?00 00-000-0000',
        'cleaned      +66 81-234-5678',
        'outcome      accepted',
        'e164         +66812345678',
        `  sha256     ${sha256('+66812345678')}`,
        'e164-digits  66812345678',
        `  sha256     ${sha256('66812345678')}`,
        'national     (this number has no such form)',
      ].join('\n'),
    );
  });

  test('shows why a value is rejected', () => {
    const text = formatExplanation(explainValue(email, 'nobody'));
    expect(text).toContain('rejected, email.no_at');
    expect(text).toContain(rejectReasons['email.no_at']);
  });

  test('shows empties, hashes and IFAs', () => {
    expect(formatExplanation(explainValue(email, ' '))).toContain('empty');
    expect(formatExplanation(explainValue(email, sha256('x')))).toContain(`sha256     ${sha256('x')}`);
    expect(formatExplanation(explainValue(ifa, '6D92078A-8246-4BA4-AE5B-76104861E7DC'))).toContain('sent unchanged');
  });

  test('lets no control character through to the terminal', () => {
    const text = formatExplanation(explainValue(email, 'a\x1b[2Jb\u202ec\nd\ud800'));
    expect(text).toContain('a\\u{1b}[2Jb\\u{202e}c\\u{a}d\\u{d800}');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});

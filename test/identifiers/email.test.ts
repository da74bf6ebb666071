import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../src/identifiers/email.ts';
import { normaliseValue } from '../../src/identifiers/value.ts';

function localOf(length: number): string {
  return `${'a'.repeat(length - '@b.co'.length)}@b.co`;
}

test('the vector of the doc comment', () => {
  expect(normaliseEmail('JaneSaoirse+Work@example.com')).toEqual({ text: 'janesaoirse+work@example.com' });
  expect(hash('sha256', 'janesaoirse+work@example.com', 'hex')).toBe(
    '28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180',
  );
});

describe('accepted', () => {
  test.each([
    ['a@b.c', 'a@b.c'],
    ['First.Last+Tag@GMAIL.com', 'first.last+tag@gmail.com'],
    ['.odd..dots.@example.com', '.odd..dots.@example.com'],
    ["o'brien_{x}!#$%&*/=?^`|~-@sub.example-site.co.jp", "o'brien_{x}!#$%&*/=?^`|~-@sub.example-site.co.jp"],
    ['a..b@docomo.ne.jp', 'a..b@docomo.ne.jp'],
    ['.a.@docomo.ne.jp', '.a.@docomo.ne.jp'],
    ['...@docomo.ne.jp', '...@docomo.ne.jp'],
    ['-@-a.b-', '-@-a.b-'],
    ['user@xn--r8jz45g.xn--zckzah', 'user@xn--r8jz45g.xn--zckzah'],
    ["'@example.com", "'@example.com"],
    [localOf(120), localOf(120)],
    [localOf(120).toUpperCase(), localOf(120)],
  ])('%s', (value, text) => {
    expect(normaliseEmail(value)).toEqual({ text });
  });
});

describe('each reject code', () => {
  test.each([
    ['email.too_long', localOf(121)],
    ['email.not_ascii', 'müller@example.com'],
    ['email.not_ascii', 'user@例え.jp'],
    ['email.not_ascii', 'user\x7f@example.com'],
    ['email.not_ascii', 'user\u200b@example.com'],
    ['email.not_ascii', 'user\ud800@example.com'],
    ['email.inner_space', 'us er@example.com'],
    ['email.inner_space', 'user@example.com\0'],
    ['email.inner_space', 'user@exam\tple.com'],
    ['email.no_at', 'example.com'],
    ['email.several_at', 'a@b@example.com'],
    ['email.empty_local', '@example.com'],
    ['email.empty_domain', 'user@'],
    ['email.bad_local', '<user@example.com'],
    ['email.bad_local', '<user@example.com>'],
    ['email.bad_local', 'Taro<user@example.com>'],
    ['email.bad_local', 'mailto:user@example.com'],
    ['email.bad_local', '="user@example.com"'],
    ['email.bad_local', '"user"@example.com'],
    ['email.bad_local', '(user@example.com)'],
    ['email.bad_local', '[user@example.com](mailto'],
    ['email.bad_local', ',user@example.com'],
    ['email.bad_local', 'user;@example.com'],
    ['email.bad_local', 'us\\er@example.com'],
    ['email.bad_domain', 'user@example.com;'],
    ['email.bad_domain', 'user@example.com,'],
    ['email.bad_domain', 'user@example.com>'],
    ['email.bad_domain', "'user@example.com'"],
    ['email.bad_domain', 'user@example.com?subject=hi'],
    ['email.bad_domain', 'user@[127.0.0.1]'],
    ['email.bad_domain', 'user@ex_ample.com'],
    ['email.bad_domain', 'user@example.com/'],
    ['email.bad_domain', 'user@example.com:25'],
    ['email.bad_domain', 'user@localhost'],
    ['email.bad_domain', 'user@.example.com'],
    ['email.bad_domain', 'user@example.com.'],
    ['email.bad_domain', 'user@example..com'],
    ['email.bad_domain', 'user@.'],
  ])('%s: %j', (reject, value) => {
    expect(normaliseEmail(value)).toEqual({ reject });
  });
});

describe('where two codes apply, the earlier of the reference wins', () => {
  test.each([
    ['email.too_long', 'ü'.repeat(121)],
    ['email.too_long', ' @'.repeat(61)],
    ['email.not_ascii', 'ü x'],
    ['email.not_ascii', 'a@@ü'],
    ['email.inner_space', 'a b'],
    ['email.inner_space', '@a @b'],
    ['email.inner_space', 'a@ b'],
    ['email.several_at', '@@'],
    ['email.several_at', '@b@'],
    ['email.empty_local', '@'],
    ['email.empty_local', '@localhost'],
    ['email.empty_domain', 'a@'],
    ['email.several_at', '<a@b.c>,<d@e.f>'],
    ['email.inner_space', 'Taro <a@b.c>'],
    ['email.inner_space', '"a b"@c.d'],
    ['email.empty_domain', '<a@'],
    ['email.bad_local', '<a@localhost>'],
    ['email.bad_local', '"a@.'],
  ])('%s: %j', (reject, value) => {
    expect(normaliseEmail(value)).toEqual({ reject });
  });

  test('length counts code points, not UTF-16 units', () => {
    expect(normaliseEmail('😀'.repeat(120))).toEqual({ reject: 'email.not_ascii' });
    expect(normaliseEmail('😀'.repeat(121))).toEqual({ reject: 'email.too_long' });
  });
});

/** The grammar once more, character by character, without the regular expression for plain addresses. */
function verdictByHand(value: string): string {
  const codes = Array.from(value, (character) => character.codePointAt(0) ?? 0);
  if (codes.length > 120) return 'email.too_long';
  if (codes.some((code) => code > 0x7e)) return 'email.not_ascii';
  if (codes.some((code) => code <= 0x20)) return 'email.inner_space';
  const parts = value.split('@');
  if (parts.length !== 2) return parts.length < 2 ? 'email.no_at' : 'email.several_at';
  const [local, domain] = parts;
  if (local === '') return 'email.empty_local';
  if (domain === '') return 'email.empty_domain';
  const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const isOnlyOf = (text: string | undefined, characters: string) =>
    [...(text ?? '')].every((c) => characters.includes(c));
  if (!isOnlyOf(local, `${alphanumeric}.!#$%&'*+-/=?^_\`{|}~`)) return 'email.bad_local';
  const labels = domain?.split('.') ?? [];
  const isBad = labels.length < 2 || labels.includes('') || !isOnlyOf(domain, `${alphanumeric}.-`);
  return isBad ? 'email.bad_domain' : value.toLowerCase();
}

const nearEmail = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '.', '.', '@', '@', '-', '+', ' ', '~', '!', 'é') });
const ascii = Array.from({ length: 0x60 }, (_, code) => String.fromCharCode(0x20 + code));
const strayEmail = fc
  .tuple(fc.emailAddress(), fc.nat(60), fc.constantFrom(...ascii))
  .map(([email, at, put]) => email.slice(0, at % (email.length + 1)) + put + email.slice(at % (email.length + 1)));

test('each character of ASCII stands in the local part or the domain as the grammar says', () => {
  for (const character of ascii)
    for (const value of [`a${character}b@c.de`, `${character}b@c.de`, `a${character}@c.de`, `a@b${character}c.de`]) {
      const got = normaliseEmail(value);
      expect('text' in got ? got.text : got.reject).toBe(verdictByHand(value));
    }
});

test('agrees with the grammar spelled out character by character', () => {
  const value = fc.oneof(nearEmail, strayEmail, fc.string({ unit: 'binary' }), fc.emailAddress());
  fc.assert(
    fc.property(value, (raw) => {
      const trimmed = normaliseValue(raw);
      const got = normaliseEmail(trimmed);
      expect('text' in got ? got.text : got.reject).toBe(verdictByHand(trimmed));
    }),
    { numRuns: 3_000 },
  );
});

test('normalising twice is normalising once', () => {
  fc.assert(
    fc.property(fc.oneof(nearEmail, fc.emailAddress()), (raw) => {
      const once = normaliseEmail(normaliseValue(raw));
      if ('text' in once) expect(normaliseEmail(normaliseValue(once.text))).toEqual(once);
    }),
    { numRuns: 1_000 },
  );
});

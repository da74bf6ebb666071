import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { type Customer, customers } from '../../examples/customers.ts';

const some = [...customers(20_000)];

function textsOf(column: 'email' | 'phone' | 'idfa' | 'gaid'): string[] {
  return some.map((customer) => customer[column]).filter((text) => text !== null);
}

function shareOf(isSuch: (customer: Customer) => boolean): number {
  return some.filter(isSuch).length / some.length;
}

test('fewer customers are the first of more', () => {
  expect([...customers(100)]).toEqual(some.slice(0, 100));
});

test('every e-mail address is at a domain that is reserved for examples', () => {
  const domains = textsOf('email')
    .map((email) => email.normalize('NFKC').toLowerCase())
    .map((email) => /@([a-z.]+)\s*$/.exec(email)?.[1])
    .filter((domain) => domain !== undefined && domain !== 'example.' && !domain.endsWith('.example.'));
  expect(domains.length).toBeGreaterThan(15_000);
  expect(domains.filter((domain) => !/(^|\.)example\.(com|net|org)$/.test(domain ?? ''))).toEqual([]);
});

test('no phone number can be of a person: those that are valid are of the range of machines and pagers in Japan', () => {
  const numbers = textsOf('phone')
    .map((phone) => phone.normalize('NFKC').trim().replace(/^00/, '+'))
    .map((phone) => parsePhoneNumberFromString(phone, 'JP'));
  expect(numbers.filter((number) => number?.isPossible()).length).toBeGreaterThan(15_000);
  const valid = numbers.filter((number) => number?.isValid());
  expect(valid.length).toBeGreaterThan(5_000);
  expect(valid.filter((number) => number?.country !== 'JP' || number.getType() !== 'PAGER')).toEqual([]);
});

test('only customers in Japan have phone numbers without a country code', () => {
  const abroad = some.filter(({ country, phone }) => country !== 'JP' && /\d{5}/.test(phone?.normalize('NFKC') ?? ''));
  expect(abroad.length).toBeGreaterThan(1_000);
  expect(abroad.filter(({ phone }) => !/^\s*(\(?\+|00)/.test(phone?.normalize('NFKC') ?? ''))).toEqual([]);
});

test.each<[string, 'email' | 'phone' | 'idfa' | 'gaid', RegExp]>([
  ['full-width letters', 'email', /[\uff21-\uff5a]/],
  ['full-width digits', 'phone', /[\uff10-\uff19]/],
  ['an ideographic space at an end', 'email', /^\u3000|\u3000$/],
  ['a trailing line break', 'email', /[a-z]\r?\n$/],
  ['a line break inside', 'phone', /\d\n\d/],
  ['only space', 'email', /^[ \u3000]$/],
  ['nothing', 'phone', /^$/],
  ['junk', 'phone', /^(n\/a|test|unknown)$/],
  ['mixed case', 'email', /^[A-Z][a-z]+.*@/],
  ['a tag', 'email', /\+shop@/],
  ['a hash', 'email', /^[0-9a-f]{64}$/],
  ['no @', 'email', /^[a-z]+\d+(mail\.|post\.)?example\.com$/],
  ['two @', 'email', /@@/],
  ['a national number with dashes', 'phone', /^020-\d{4}-\d{4}$/],
  ['parentheses', 'phone', /^\(0\d\d\)/],
  ['(0) after the country code', 'phone', /^\+\d+ \(0\)/],
  ['00 before the country code', 'phone', /^00(81|66|886|62)\d{8}/],
  ['too few digits', 'phone', /^\+\d{5,6}$/],
  ['an extension', 'phone', /ext\. 12$/],
  ['the IFA of people who opted out', 'idfa', /^[0-]{36}$/],
  ['an upper-case IDFA', 'idfa', /^[0-9A-F]{8}-[0-9A-F-]{27}$/],
  ['a lower-case AAID', 'gaid', /^[0-9a-f]{8}-[0-9a-f-]{27}$/],
])('some values have %s', (_dirt, column, pattern) => {
  expect(textsOf(column).some((text) => pattern.test(text))).toBe(true);
});

test('the shares of cells without a value and of people seen before are those of real tables', () => {
  const emails = textsOf('email').map((email) => email.normalize('NFKC').trim().toLowerCase());
  expect(1 - new Set(emails).size / emails.length).toBeGreaterThan(0.03);
  expect(shareOf(({ email }) => email === null)).toBeCloseTo(0.07, 1);
  expect(shareOf(({ idfa, gaid }) => idfa === null && gaid === null)).toBeLessThan(0.3);
});

test('all four countries have customers', () => {
  expect(new Set(some.map(({ country }) => country))).toEqual(new Set(['JP', 'TH', 'TW', 'ID']));
});

import { createHash } from 'node:crypto';

/*
 * Synthetic customers of a shop in Japan that also sells to Thailand, Taiwan and Indonesia, with the irregularities of real
 * tables. No value belongs to a person: e-mail addresses are at example.com, .net and .org, which are reserved. Phone
 * numbers of Japan are of the range 020, which is for machines and pagers. The others are of ranges that their country has
 * not assigned (possible by their length, not valid). Numbers from abroad have a country code, since a column has one
 * default country.
 */

export interface Customer {
  customerId: string;
  country: Country;
  email: string | null;
  phone: string | null;
  idfa: string | null;
  gaid: string | null;
}

/** The data of a person, before they are typed into a form. */
interface Person {
  country: Country;
  email: string;
  phone: Phone;
  device: 'ios' | 'ios without consent' | 'android' | 'none';
  ifa: string;
}

interface Phone {
  code: string;
  national: string;
}

type Country = keyof typeof countries;
type Random = () => number;
type Weighted<T> = readonly (readonly [weight: number, value: T])[];
type Stain = (text: string, random: Random) => string | null;

const countries = {
  JP: { code: '81', prefixes: ['201', '202'], digitsAfter: 7 },
  TH: { code: '66', prefixes: ['69'], digitsAfter: 7 },
  TW: { code: '886', prefixes: ['18', '19'], digitsAfter: 7 },
  ID: { code: '62', prefixes: ['840', '841', '842'], digitsAfter: 8 },
} as const;

const countryShares: Weighted<Country> = [
  [55, 'JP'],
  [20, 'TH'],
  [15, 'TW'],
  [10, 'ID'],
];

const deviceShares: Weighted<Person['device']> = [
  [22, 'ios'],
  [25, 'ios without consent'],
  [38, 'android'],
  [15, 'none'],
];

const words = ['sakura', 'mango', 'orchid', 'bamboo', 'lotus', 'papaya', 'yuzu', 'ginger', 'cedar', 'kumo', 'tea'];
const domains = ['example.com', 'example.net', 'example.org', 'mail.example.com', 'post.example.net'];
const spaces = [' ', '  ', '\t', '\u00a0', '\u3000'];
const junk = ['n/a', '-', 'test', 'none', 'unknown', '?'];
const allZeroIfa = '00000000-0000-0000-0000-000000000000';

const emailWritings: Weighted<(email: string) => string> = [
  [770, (email) => email],
  [60, (email) => email.toUpperCase()],
  [60, (email) => email.charAt(0).toUpperCase() + email.slice(1)],
  [20, (email) => email.replace('@', '+shop@')],
  [25, sha256],
  [5, (email) => sha256(email).toUpperCase()],
  [8, (email) => email.replace('@', '')],
  [5, (email) => email.replace('@', '@@')],
  [4, (email) => email.slice(0, email.indexOf('@') + 1)],
  [4, (email) => email.slice(email.indexOf('@'))],
  [5, (email) => email.replace(/\.[a-z]+$/, '.')],
  [4, (email) => insertInMiddle(email, ' ')],
];

const homePhoneWritings: Weighted<(phone: Phone) => string> = [
  [300, ({ national }) => `0${national}`],
  [300, ({ national }) => `0${grouped(national, '-')}`],
  [80, ({ national }) => `0${grouped(national, ' ')}`],
  [60, ({ national }) => `(0${national.slice(0, 2)})${grouped(national.slice(2), '-')}`],
  [15, ({ national }) => `0${national.slice(0, 3)}`],
];

const internationalPhoneWritings: Weighted<(phone: Phone) => string> = [
  [500, ({ code, national }) => `+${code}${national}`],
  [200, ({ code, national }) => `+${code}-${grouped(national, '-')}`],
  [80, ({ code, national }) => `+${code} ${grouped(national, ' ')}`],
  [60, ({ code, national }) => `00${code}${national}`],
  [40, ({ code, national }) => `+${code} (0)${national}`],
  [30, ({ code, national }) => `(+${code}) ${national}`],
  [12, ({ code, national }) => `+${code}${national.slice(0, 3)}`],
  [4, ({ code, national }) => `+${code}${national} ext. 12`],
];

const stains: Weighted<Stain> = [
  [815, (text) => text],
  [50, (text, random) => pick(spaces, random) + text + pick(spaces, random)],
  [25, toFullWidth],
  [10, (text, random) => text + pick(['\n', '\r\n'], random)],
  [2, (text) => insertInMiddle(text, '\n')],
  [20, (_text, random) => pick(['', ' ', '\u3000'], random)],
  [8, (_text, random) => pick(junk, random)],
  [70, () => null],
];

/** Yields numbers in [0, 1), the same for the same seed on every machine (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(among: readonly T[], random: Random): T {
  return among[Math.floor(random() * among.length)] as T;
}

function pickWeighted<T>(weighted: Weighted<T>, random: Random): T {
  let left = random() * weighted.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, value] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('There is nothing to pick from.');
}

function digits(count: number, random: Random): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function toFullWidth(text: string): string {
  return text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}

function insertInMiddle(text: string, inserted: string): string {
  const middle = text.length >> 1;
  return text.slice(0, middle) + inserted + text.slice(middle);
}

function grouped(national: string, separator: string): string {
  return [national.slice(0, -8), national.slice(-8, -4), national.slice(-4)].filter(Boolean).join(separator);
}

/** Returns a random UUID, in upper case like those of iOS or in lower case like those of Android. */
function createIfa(device: Person['device'], random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  const uuid = hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
  return device === 'ios' ? uuid.toUpperCase() : uuid;
}

function createPerson(index: number, random: Random): Person {
  const country = pickWeighted(countryShares, random);
  const { code, prefixes, digitsAfter } = countries[country];
  const device = pickWeighted(deviceShares, random);
  return {
    country,
    email: `${pick(words, random)}${pick(['.', '_', '-', ''], random)}${index}@${pick(domains, random)}`,
    phone: { code, national: pick<string>(prefixes, random) + digits(digitsAfter, random) },
    device,
    ifa: device === 'ios without consent' ? allZeroIfa : createIfa(device, random),
  };
}

function writePhone(person: Person, random: Random): string {
  const isWrittenAtHome = person.country === 'JP' && random() < 0.7;
  return pickWeighted(isWrittenAtHome ? homePhoneWritings : internationalPhoneWritings, random)(person.phone);
}

function writeCustomer(index: number, person: Person, random: Random): Customer {
  const stain = (text: string) => pickWeighted(stains, random)(text, random);
  return {
    customerId: `C${String(index).padStart(8, '0')}`,
    country: person.country,
    email: stain(pickWeighted(emailWritings, random)(person.email)),
    phone: stain(writePhone(person, random)),
    idfa: person.device.startsWith('ios') ? stain(person.ifa) : null,
    gaid: person.device === 'android' ? stain(person.ifa) : null,
  };
}

const repeatedShare = 0.05;
const repeatedAmong = 5_000;

/**
 * Yields `count` customers, always the same ones in the same order. About one in twenty repeats an earlier customer, often
 * in another spelling.
 */
export function* customers(count: number): Generator<Customer> {
  const random = createRandom(20_260_401);
  const recent: Person[] = [];
  for (let index = 1; index <= count; index++) {
    const isRepeated = recent.length > 0 && random() < repeatedShare;
    const person = isRepeated ? pick(recent, random) : createPerson(index, random);
    recent[(index - 1) % repeatedAmong] = person;
    yield writeCustomer(index, person, random);
  }
}

import { maxCodePoints } from '../identifiers/email.ts';
import { hashOfNothing, sha256HexLength } from '../identifiers/hashed.ts';
import { formsOf, type HashedType } from '../identifiers/kinds.ts';
import { type PhoneRules, readingCountry } from '../identifiers/phone.ts';
import { formsInOrder, type PhoneFormat } from '../identifiers/phoneFormats.ts';
import type { Hashed } from '../identifiers/rules.ts';
import { needsConnector, noDigest } from '../identifiers/warehouseCells.ts';
import { type Dialect, dialects, type SqlWords } from './dialects.ts';
import {
  internationalPattern,
  maxPhoneLength,
  type PlainNumbers,
  plainNumbers,
  regularPattern,
} from './plainPhones.ts';

/** Settings of hashing in the warehouse. */
export interface HashedCells extends PhoneRules {
  identifierType: HashedType;
  hashed: Hashed;
  phoneFormats: readonly PhoneFormat[];
  /** The result for a value that the SQL cannot decide: `needs_connector`, or the value itself. */
  otherwise: 'marker' | 'raw';
}

export interface HashExpression extends HashedCells {
  dialect: Dialect;
  /** SQL of text type, quoted as the dialect requires. */
  column: string;
}

/** One case of the expression; both are SQL. */
type Case = { when: string; gives: string };

const blanks = '[:space:]';
const printable = ' -~';
const hexHash = '^[0-9A-Fa-f]{64}$';
/** Matches the addresses that `email.ts` accepts, among texts of printable characters without "[", "\" and "]". */
const plainEmail = '^[^ "(),:-<>@]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$';
/** All printable characters but "[", "\" and "]", which have no form in a class that all engines read alike. */
const unbracketed = ' -Z^-~';

/**
 * Returns SQL that hashes a cell as `src/identifiers` does, if SQL can decide the value: plain emails, the phones of
 * `phoneFast.ts`, and values that came hashed. Empty values give NULL. All others give the marker; with `otherwise:
 * 'raw'` the column, unless its value looks like a result. A hash has 64 characters of lower-case hex. A phone has one
 * for each form in the order of `formsInOrder`, zeros for a form that the number does not have.
 *
 * Vector: " JaneSaoirse+Work@example.com" gives 28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180.
 */
export function hashExpression(request: HashExpression): string {
  const sql = dialects[request.dialect];
  const text = sql.trim(request.column);
  const slots = formsOf(request).length;
  const maxLength = Math.max(plainValues[request.identifierType].maxLength, slots * sha256HexLength);
  const marker = quote(needsConnector);
  const otherwise = request.otherwise === 'raw' ? sql.raw(request.column) : marker;
  const looksHashed = { when: sql.matches(text, `^[0-9a-f]{${slots * sha256HexLength}}$`), gives: marker };
  return caseExpression(
    [
      { when: `${text} IS NULL OR length(${text}) = 0 OR ${sql.isOnlyOf(text, blanks)}`, gives: 'NULL' },
      { when: `length(${text}) > ${maxLength} OR NOT ${sql.isOnlyOf(text, printable)}`, gives: otherwise },
      ...(request.hashed === 'never' ? [] : [hashCase(sql, text, slots)]),
      ...(request.hashed === 'always' ? [] : plainValues[request.identifierType].cases(sql, text, request)),
      ...(request.otherwise === 'raw' ? [looksHashed] : []),
    ],
    otherwise,
  );
}

function caseExpression(cases: readonly Case[], otherwise: string): string {
  const lines = cases.map(({ when, gives }) => `  WHEN ${when} THEN ${gives}`);
  return ['CASE', ...lines, `  ELSE ${otherwise}`, 'END'].join('\n');
}

/** Zeros stand for an absent form, so they do not pass as a hash. */
function hashCase(sql: SqlWords, text: string, slots: number): Case {
  const lower = `lower(${text})`;
  return {
    when: `${sql.matches(text, hexHash)} AND ${lower} NOT IN (${quote(hashOfNothing)}, ${quote(noDigest)})`,
    gives: slots === 1 ? lower : sql.concat(lower, quote(noDigest.repeat(slots - 1))),
  };
}

/** The cases of plain values of a type. */
interface PlainValues {
  /** The most characters of a plain value. */
  maxLength: number;
  cases(sql: SqlWords, text: string, request: HashedCells): Case[];
}

const plainValues: Record<HashedType, PlainValues> = {
  email: { maxLength: maxCodePoints, cases: emailCases },
  phone: { maxLength: maxPhoneLength, cases: phoneCases },
};

function emailCases(sql: SqlWords, text: string): Case[] {
  const isPlain = `${sql.isOnlyOf(text, unbracketed)} AND ${sql.matches(text, plainEmail)}`;
  return [{ when: isPlain, gives: sql.sha256(`lower(${text})`) }];
}

/** The numbers of one pattern, with the SQL of each form that they have. */
type PlainPhones = { when: string; texts: Partial<Record<PhoneFormat, string>> };

function phoneCases(sql: SqlWords, text: string, request: HashedCells): Case[] {
  const { defaultCountry, phoneFormats } = request;
  const forms = formsInOrder(phoneFormats);
  const reading = readingCountry(request);
  const dialled = `replace(replace(${text}, ' ', ''), '-', '')`;
  const countries = plainNumbers();
  const own = countries.find(({ country }) => country === defaultCountry);
  const read = countries.find(({ country }) => 'country' in reading && country === reading.country);
  const foreign = countries.filter((numbers) => numbers !== own);
  const plainPhones = [
    ...(own === undefined ? [] : [ownInternational(own, sql, dialled)]),
    ...(read === undefined ? [] : [withoutCode(read, sql, dialled, read === own)]),
    ...(read === undefined ? [] : [withoutPlus(read, sql, dialled, read === own)]),
    international(foreign, sql, dialled),
  ];
  return plainPhones
    .filter(({ texts }) => forms.some((form) => texts[form] !== undefined))
    .map(({ when, texts }) => ({
      when: `${sql.matches(text, regularPattern)} AND ${when}`,
      gives: digests(forms, texts, sql),
    }));
}

function international(countries: readonly PlainNumbers[], sql: SqlWords, dialled: string): PlainPhones {
  return {
    when: sql.matches(dialled, internationalPattern(countries)),
    texts: { e164: dialled, 'e164-digits': `replace(${dialled}, '+', '')` },
  };
}

function ownInternational(own: PlainNumbers, sql: SqlWords, dialled: string): PlainPhones {
  const { when, texts } = international([own], sql, dialled);
  const subscriber = afterCharacters(dialled, own.callingCode.length + 1);
  return { when, texts: { ...texts, national: sql.concat(quote('0'), subscriber) } };
}

/** Reads numbers without a calling code. Only those of `defaultCountry` have a national form. */
function withoutCode(numbers: PlainNumbers, sql: SqlWords, dialled: string, isOwn: boolean): PlainPhones {
  const isOfLength = sql.matches(dialled, `^0${numbers.subscriber}$`);
  const isAbroad = sql.matches(dialled, `${numbers.abroadPrefix}[0-9]*$`);
  const subscriber = afterCharacters(dialled, 1);
  return {
    when: `${isOfLength} AND NOT (${isAbroad})`,
    texts: {
      e164: sql.concat(quote(`+${numbers.callingCode}`), subscriber),
      'e164-digits': sql.concat(quote(numbers.callingCode), subscriber),
      ...(isOwn && { national: dialled }),
    },
  };
}

/** Reads numbers that begin with the calling code, without "+". */
function withoutPlus(numbers: PlainNumbers, sql: SqlWords, dialled: string, isOwn: boolean): PlainPhones {
  const subscriber = afterCharacters(dialled, numbers.callingCode.length);
  return {
    when: sql.matches(dialled, numbers.withoutPlus),
    texts: {
      e164: sql.concat(quote('+'), dialled),
      'e164-digits': dialled,
      ...(isOwn && { national: sql.concat(quote('0'), subscriber) }),
    },
  };
}

function afterCharacters(text: string, count: number): string {
  return `substring(${text}, ${count + 1}, ${maxPhoneLength})`;
}

function digests(forms: readonly PhoneFormat[], texts: PlainPhones['texts'], sql: SqlWords): string {
  const parts = forms.map((form) => {
    const text = texts[form];
    return text === undefined ? quote(noDigest) : sql.sha256(text);
  });
  return parts.length === 1 ? parts[0]! : sql.concat(...parts);
}

/** Quotes a text without quotes and backslashes. */
function quote(text: string): string {
  return `'${text}'`;
}

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PhoneFormat } from '../../src/identifiers/phoneFormats.ts';
import { hashedSettings } from '../../src/identifiers/rules.ts';
import { needsConnector } from '../../src/identifiers/warehouseCells.ts';
import { type HashedCells, hashExpression } from '../../src/warehouseSql/hashExpression.ts';
import { emailCells, phoneCells } from './cellValues.ts';
import { createFindDisagreement, type FindDisagreement } from './disagreement.ts';
import { type Engine, openDuckdb, openMariadb, openPostgres } from './engines.ts';

const formSubsets: PhoneFormat[][] = [
  ['e164'],
  ['e164-digits'],
  ['national'],
  ['e164-digits', 'e164'],
  ['national', 'e164'],
  ['e164-digits', 'national'],
  ['e164', 'e164-digits', 'national'],
];
const bothOtherwise = ['marker', 'raw'] as const;

const emailRequests: HashedCells[] = hashedSettings.flatMap((hashed) =>
  bothOtherwise.map((otherwise) => ({ identifierType: 'email', hashed, phoneFormats: ['e164'], otherwise })),
);

type Countries = Pick<HashedCells, 'country' | 'defaultCountry'>;

function phoneRequests(countries: Countries): HashedCells[] {
  return hashedSettings.flatMap((hashed) =>
    formSubsets.flatMap((phoneFormats) =>
      bothOtherwise.map((otherwise) => ({
        identifierType: 'phone' as const,
        ...{ hashed, ...countries, phoneFormats, otherwise },
      })),
    ),
  );
}

function sample(cells: fc.Arbitrary<string | null>, numRuns: number): (string | null)[] {
  return fc.sample(cells, { numRuns, seed: 20_260_401 });
}

// The same values are tried on every engine.
const emails = sample(emailCells, 3_000);
const phones = sample(phoneCells, 500);
const fewEmails = sample(emailCells, 800);
const fewPhones = sample(phoneCells, 200);

/** What is known of each request, by its JSON. */
const finders = new Map<string, FindDisagreement>();

function finderOf(request: HashedCells): FindDisagreement {
  const key = JSON.stringify(request);
  const finder = finders.get(key) ?? createFindDisagreement(request);
  finders.set(key, finder);
  return finder;
}

interface Found {
  disagreements: object[];
  hashed: number;
  marked: number;
}

/** Compares the engine's cells of the values under each request with `src/identifiers`. */
async function compare(
  engine: Engine,
  requests: readonly HashedCells[],
  values: readonly (string | null)[],
  column = 'value',
): Promise<Found> {
  const { dialect } = engine;
  const expressions = requests.map((request) => hashExpression({ ...request, dialect, column }));
  const findDisagreements = requests.map(finderOf);
  const found: Found = { disagreements: [], hashed: 0, marked: 0 };
  for (const { value, cells } of await engine.evaluate(values, expressions))
    for (const [index, cell] of cells.entries()) {
      const difference = findDisagreements[index]!(value, cell);
      if (difference !== undefined) found.disagreements.push(difference);
      if (cell === needsConnector) found.marked += 1;
      else if (cell !== null && cell !== value) found.hashed += 1;
    }
  return found;
}

function expectAgreement({ disagreements, hashed, marked }: Found): void {
  expect(disagreements.slice(0, 3)).toEqual([]);
  expect(Math.min(hashed, marked)).toBeGreaterThan(100);
}

const engines = [
  { name: 'DuckDB', open: openDuckdb },
  { name: 'PostgreSQL', open: openPostgres },
  { name: 'MariaDB, a utf8mb4 column that ignores case', open: () => openMariadb('TEXT COLLATE utf8mb4_general_ci') },
  { name: 'MariaDB, a latin1 column', open: () => openMariadb('TEXT CHARACTER SET latin1 COLLATE latin1_swedish_ci') },
  { name: 'MariaDB, a cp932 column', open: () => openMariadb('TEXT CHARACTER SET cp932') },
  { name: 'MariaDB, a column of Turkish case', open: () => openMariadb('TEXT COLLATE utf8mb4_turkish_ci') },
];

describe.each(engines)('on $name the SQL agrees with src/identifiers', ({ open }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine?.[Symbol.asyncDispose]());

  test('about the vector of the LINE Ads API reference', async () => {
    const { dialect } = engine;
    const expression = hashExpression({ ...emailRequests[0]!, dialect, column: 'value' });
    const [found] = await engine.evaluate([' JaneSaoirse+Work@example.com'], [expression]);
    expect(found?.cells).toEqual(['28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180']);
  });

  test('about emails, under every setting', async () => {
    expectAgreement(await compare(engine, emailRequests, emails));
  });

  test.each([undefined, 'JP', 'TH', 'TW', 'ID', 'US'])(
    'about phones with defaultCountry %s, under every setting',
    async (defaultCountry) => {
      expectAgreement(await compare(engine, phoneRequests({ defaultCountry }), phones));
    },
  );

  test.each([
    ['TH', 'JP'],
    ['JP', 'TW'],
    ['ID', undefined],
    ['JP', 'US'],
    ['US', 'TH'],
    [null, 'JP'],
  ])('about phones read in %s with defaultCountry %s', async (country, defaultCountry) => {
    expectAgreement(await compare(engine, phoneRequests({ country, defaultCountry }), fewPhones));
  });

  test('about phones of every beginning and length', async () => {
    const starts = Array.from({ length: 100 }, (_, start) => `0${String(start).padStart(2, '0')}`);
    const codes = ['+81', '+810', '+819', '+661', '+8869', '+628', '+820', '+19', '+'];
    const lengths = [6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20];
    for (const [defaultCountry, code] of Object.entries({ JP: '81', TH: '66', TW: '886', ID: '62' })) {
      const own = Array.from({ length: 100 }, (_, start) => code + String(start).padStart(2, '0'));
      const values = [...starts, ...own, ...codes].flatMap((start) =>
        lengths.map((length) => start.padEnd(length, '5')),
      );
      const request: HashedCells = {
        identifierType: 'phone',
        hashed: 'auto',
        defaultCountry,
        phoneFormats: ['e164', 'national'],
        otherwise: 'marker',
      };
      expectAgreement(await compare(engine, [request], values));
    }
  });

  test('about cells of a million characters', async () => {
    const times = 1_000_000;
    const values = [' '.repeat(times), 'a'.repeat(times), 'a.'.repeat(times / 2), `a@${'b.'.repeat(times / 2)}c`];
    const { disagreements } = await compare(
      engine,
      [emailRequests[0]!, phoneRequests({ defaultCountry: 'JP' })[0]!],
      values,
    );
    expect(disagreements.length).toBe(0);
  });
});

describe('whatever the session and the column', () => {
  const marked = emailRequests.filter(({ otherwise }) => otherwise === 'marker');

  test.each([
    "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE,STRICT_ALL_TABLES'",
    'NAMES latin1',
    'NAMES utf8mb4 COLLATE utf8mb4_turkish_ci',
    'NAMES cp932',
  ])('MariaDB agrees after SET %s', async (settings) => {
    await using engine = await openMariadb('TEXT CHARACTER SET utf8mb4', settings);
    expectAgreement(await compare(engine, marked, fewEmails));
    const requests = phoneRequests({ defaultCountry: 'TW' }).filter(({ otherwise }) => otherwise === 'marker');
    expectAgreement(await compare(engine, requests, fewPhones));
  });

  test.each(['CAST(value AS varchar(400))', 'value COLLATE "tr-x-icu"', "value || ''", 'CAST(value AS char(300))'])(
    'PostgreSQL agrees about the column %s',
    async (column) => {
      await using engine = await openPostgres();
      expectAgreement(await compare(engine, marked, fewEmails, column));
    },
  );
});

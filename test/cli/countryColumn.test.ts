import { describe, type ExpectStatic, test } from 'vitest';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* Numbers without a country code, read in the country of their row. */

const phone = { name: 'phones', audienceName: 'Phones', identifierType: 'phone', mode: 'mirror' };
const byRow = { ...phone, countryColumn: 'country', defaultCountry: 'JP' };

function membersOf({ simulator }: Scenario, name = 'Phones'): string[] {
  return [...simulator.members(audienceId(simulator, name))].sort();
}

function hashesOf(...texts: string[]): string[] {
  return texts.map(hashOf).sort();
}

/** A run over a CSV file of country and phone. */
async function runOver(
  scenario: Scenario,
  rows: readonly (readonly [country: string, phone: string])[],
  {
    syncs = [byRow],
    command = 'sync',
    ...parts
  }: { syncs?: object[]; command?: 'sync' | 'preview'; [part: string]: unknown } = {},
) {
  const lines = rows.map(([country, number]) => `${country},${number}\n`);
  const path = scenario.write('people.csv', `country,phone\n${lines.join('')}`);
  const config = scenario.config({ source: { type: 'files', path }, syncs, ...(parts as Record<string, object>) });
  const { code, report } = await runHere(scenario, config, { command });
  return { code, sync: report.syncs[0]!, syncs: report.syncs };
}

function expectNothingSent({ simulator }: Scenario, expect: ExpectStatic): void {
  expect(uploadsTo(simulator)).toEqual([]);
}

const asian = [
  ['JP', '090-1234-5678'],
  ['tha', '081 234 5678'],
  ['TW', '0912345678'],
  ['IDN', '0812-3456-7890'],
] as const;

describe.concurrent('a table of four countries', () => {
  test('gives the numbers of each, and the national form of the default country only', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, asian);
    expect(code).toBe(0);
    const numbers = ['+819012345678', '+66812345678', '+886912345678', '+6281234567890'];
    const digits = numbers.map((number) => number.slice(1));
    expect(membersOf(scenario)).toEqual(hashesOf(...numbers, ...digits, '09012345678'));
    expect(sync.counts).toMatchObject({ rows: 4, values: 4, rejected: 0, members: 4, lines: 9 });
    expect(sync.warnings.map(({ code }) => code)).not.toContain('phone_country_doubtful');
  });

  test('gives one member where a number is written in several ways', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { sync } = await runOver(scenario, [
      ['TH', '081 234 5678'],
      ['', '+66 81 234 5678'],
      ['jpn', '0066812345678'],
      ['ＴＨ', '０８１２３４５６７８'],
    ]);
    expect(sync.counts).toMatchObject({ values: 4, duplicates: 3, members: 1 });
    expect(membersOf(scenario)).toEqual(hashesOf('+66812345678', '66812345678'));
  });

  test('rejects numbers whose country is unknown, and reads those that name it themselves', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, [
      ['Japan', '090-1234-5678'],
      ['UK', '+81 90 1234 5679'],
      ['AQ', hashOf('+819012345670')],
      ['', '090-1234-5671'],
    ]);
    expect(code).toBe(0);
    expect(sync.rejects).toEqual({ 'phone.unknown_country': 1 });
    expect(sync.rejectExamples).toEqual([
      { code: 'phone.unknown_country', row: 1, column: 'phone', shape: '000-0000-0000' },
    ]);
    expect(sync.counts.members).toBe(3);
    expect(membersOf(scenario)).not.toContain(hashOf('+819012345678'));
  });

  test('rejects numbers of blank rows where there is no default country', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { sync } = await runOver(scenario, [...asian, ['', '090-1234-5670']], {
      syncs: [{ ...phone, countryColumn: 'country' }],
    });
    expect(sync.rejects).toEqual({ 'phone.no_country': 1 });
    expect(sync.counts.members).toBe(4);
  });

  test('is read once for syncs with country columns of their own, and one without', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const path = scenario.write('people.csv', 'home,work,phone\nJP,TH,0812345678\n');
    const named = (name: string, changes: object) => ({
      ...phone,
      name,
      audienceName: name,
      phoneFormats: ['e164'],
      ...changes,
    });
    const syncs = [
      named('home', { countryColumn: 'home' }),
      named('work', { countryColumn: 'WORK' }),
      named('neither', { defaultCountry: 'ID' }),
      named('lacking', { countryColumn: 'land' }),
    ];
    const { code, report } = await runHere(scenario, scenario.config({ source: { type: 'files', path }, syncs }));
    expect(code).toBe(66);
    expect(report.syncs[3]?.error).toMatchObject({ code: 'source.column_missing' });
    expect(report.syncs[3]?.error?.hint).toContain('syncs[].countryColumn');
    expect(['home', 'work', 'neither'].map((name) => membersOf(scenario, name))).toEqual(
      ['+81812345678', '+66812345678', '+62812345678'].map((number) => hashesOf(number)),
    );
  });
});

describe.concurrent('a suppression list', () => {
  const list = (scenario: Scenario, content: string, entry: object = { countryColumn: 'country' }) => [
    { source: { type: 'files', path: scenario.write('list.csv', content) }, identifierType: 'phone', ...entry },
  ];

  test('finds people by the country of its own rows', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const suppress = list(scenario, 'country,phone\nTHA,0812345678\ntw,0912345678\nXX,090-1234-5678\n');
    const { code, sync } = await runOver(scenario, asian, { suppress });
    expect(code).toBe(0);
    expect(sync.counts).toMatchObject({ values: 4, suppressed: 2, members: 2 });
    expect(membersOf(scenario)).toContain(hashOf('+819012345678'));
    expect(membersOf(scenario)).not.toContain(hashOf('+66812345678'));
    expect(sync.warnings.map(({ code }) => code)).toContain('suppression_rejected');
  });

  test('of blank rows falls back to the default country of the entry, then of the sync', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const content = 'country,phone\n,0812345678\nJP,090-1234-5678\n';
    const own = list(scenario, content, { countryColumn: 'country', defaultCountry: 'TH' });
    expect((await runOver(scenario, asian, { suppress: own })).sync.counts.suppressed).toBe(2);
    const syncs = [{ ...byRow, defaultCountry: 'ID' }];
    const options = { syncs, suppress: list(scenario, content), command: 'preview' as const };
    expect((await runOver(scenario, asian, options)).sync.counts.suppressed).toBe(1);
  });

  test('that lacks its country column stops the sync', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, asian, { suppress: list(scenario, 'phone\n0812345678\n') });
    expect([code, sync.error?.code]).toEqual([66, 'source.column_missing']);
    expectNothingSent(scenario, expect);
  });

  test('that is doubtful warns, and refuses where it is too doubtful', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const content = (thai: number) =>
      `phone\n${mixed(thai)
        .map(([, number]) => `${number}\n`)
        .join('')}`;
    const warned = await runOver(scenario, asian, { suppress: list(scenario, content(6), {}), command: 'preview' });
    expect(warned.code).toBe(0);
    expect(warned.sync.warnings).toContainEqual({
      code: 'phone_country_doubtful',
      message: expect.stringContaining('6 of 100 sampled phone numbers without a country code in suppress[0] (6 %)'),
    });
    const { code, sync } = await runOver(scenario, asian, { suppress: list(scenario, content(51), {}) });
    expect([code, sync.status, sync.error?.code]).toEqual([65, 'refused', 'guard.max_doubtful']);
    expectNothingSent(scenario, expect);
  });

  test('without any number that has a country is refused with a hint to the setting', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const suppress = list(scenario, 'phone\n0812345678\n', {});
    const { sync } = await runOver(scenario, asian, { syncs: [{ ...phone, countryColumn: 'country' }], suppress });
    expect(sync.error?.code).toBe('identifiers.none');
    expect(sync.error?.hint).toMatch(/defaultCountry.*countryColumn/);
  });
});

/** 100 numbers, so many of them of Thailand, which are not valid in Japan, and the others of Japan. */
function mixed(thai: number): [string, string][] {
  return Array.from({ length: 100 }, (_, index) =>
    index < thai ? ['TH', `02${1_000_000 + index}`] : ['JP', `090${12_345_000 + index}`],
  );
}

describe.concurrent('numbers that are not valid in the country they are read in', () => {
  const asJapan = { ...phone, defaultCountry: 'JP' };
  const doubtOf = ({ warnings }: { warnings: readonly { code: string; message: string }[] }) =>
    warnings.filter(({ code }) => code === 'phone_country_doubtful').map(({ message }) => message.slice(0, 20));

  test.for([
    { thai: 5, code: 0, warned: [], error: undefined },
    { thai: 6, code: 0, warned: ['6 of 100 sampled pho'], error: undefined },
    { thai: 50, code: 0, warned: ['50 of 100 sampled ph'], error: undefined },
    { thai: 51, code: 65, warned: ['51 of 100 sampled ph'], error: 'guard.max_doubtful' },
  ])('are told of: $thai of 100 end with $code', async ({ thai, code, warned, error }, { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    for (const command of ['preview', 'sync'] as const) {
      const outcome = await runOver(scenario, mixed(thai), { syncs: [asJapan], command });
      expect([outcome.code, outcome.sync.error?.code]).toEqual([code, error]);
      expect(doubtOf(outcome.sync)).toEqual(warned);
      expect(outcome.sync.plan).toMatchObject({ action: 'create' });
      if (error !== undefined) expect(outcome.sync.status).toBe('refused');
    }
    if (error !== undefined) expectNothingSent(scenario, expect);
  });

  test('are right once the country column is named', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, mixed(99));
    expect([code, doubtOf(sync)]).toEqual([0, []]);
  });

  test('refuse nothing where there are fewer than 100, and are told of all the same', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, mixed(99).slice(0, 99), { syncs: [asJapan] });
    expect([code, doubtOf(sync)]).toEqual([0, ['99 of 99 sampled pho']]);
  });

  test('refuse nothing where guards.maxDoubtful says so', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code, sync } = await runOver(scenario, mixed(100), { syncs: [asJapan], guards: { maxDoubtful: 1 } });
    expect([code, doubtOf(sync)]).toEqual([0, ['100 of 100 sampled p']]);
  });
});

test('another country column makes the snapshot count no more, and the whole set is sent', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const rows = [['TH', '0812345678']] as const;
  await runOver(scenario, rows, { syncs: [{ ...phone, defaultCountry: 'JP' }] });
  const { sync } = await runOver(scenario, rows);
  expect(sync.warnings.map(({ code }) => code)).toContain('snapshot_void');
  expect(sync.plan).toMatchObject({ action: 'replace', added: null });
  expect(membersOf(scenario)).toEqual(hashesOf('+66812345678', '66812345678'));
  expect((await runOver(scenario, rows)).sync.status).toBe('nothing_to_do');
});

test('a run whose numbers lack a country says which setting gives one', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const rows = [...asian, ['JP', '+819012345678']] as const;
  const { code, sync } = await runOver(scenario, rows, { syncs: [phone] });
  expect([code, sync.error?.code]).toEqual([65, 'guard.max_rejected']);
  expect(sync.error?.hint).toMatch(/defaultCountry.*countryColumn/);
  expect(sync.error?.hint).not.toContain('maxRejected');
});

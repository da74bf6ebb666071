import { gzipSync } from 'node:zlib';
import { describe, type ExpectStatic, test } from 'vitest';
import type { SyncReport } from '../../src/report/report.ts';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* Whoever is on a suppression list is not uploaded, and is counted. */

interface Given {
  type: 'email' | 'phone' | 'ifa';
  mode?: 'add' | 'mirror';
  people: readonly string[];
  /** Lines of the list; a list without any is not there. */
  list?: readonly string[];
  changes?: object;
  entry?: object;
}

async function sync(scenario: Scenario, { type, mode = 'mirror', people, list, changes = {}, entry = {} }: Given) {
  const path = scenario.write('people.csv', `${type}\n${people.map((value) => `${value}\n`).join('')}`);
  const listPath = `${scenario.folder}/list.csv`;
  if (list !== undefined) scenario.write('list.csv', `${type}\n${list.map((value) => `${value}\n`).join('')}`);
  const config = scenario.config({
    source: { type: 'files', path },
    suppress: [{ source: { type: 'files', path: listPath }, identifierType: type, ...entry }],
    syncs: [{ name: 'buyers', audienceName: 'Buyers', identifierType: type, mode, ...changes }],
    guards: { maxShrink: 1 },
  });
  const { code, report } = await runHere(scenario, config);
  return { code, sync: report.syncs[0]!, error: report.syncs[0]!.error?.code };
}

function membersOf({ simulator }: Scenario): string[] {
  return [...simulator.members(audienceId(simulator, 'Buyers'))].sort();
}

function expectSum({ counts }: SyncReport, expect: ExpectStatic): void {
  const { values, rejected, duplicates, suppressed, members } = counts;
  expect(rejected + duplicates + suppressed + members).toBe(values);
}

const [ann, ben, cat] = ['ann@example.com', 'ben@example.com', 'cat@example.com'] as const;

describe.concurrent('a suppressed member is nowhere', () => {
  test.for(['add', 'mirror'] as const)('of emails, in %s, however either is written', async (mode, { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const people = [ann, ben, ben.toUpperCase(), hashOf(cat), 'x'];
    const { code, sync: report } = await sync(scenario, {
      type: 'email',
      mode,
      people,
      list: [` ${ben.toUpperCase()}`, cat, hashOf('nobody@example.com')],
    });
    expect(code).toBe(0);
    expect(membersOf(scenario)).toEqual([hashOf(ann)]);
    expect(report.counts).toMatchObject({ values: 5, rejected: 1, duplicates: 1, suppressed: 2, members: 1, lines: 1 });
    expectSum(report, expect);
  });

  const phones = { type: 'phone', changes: { defaultCountry: 'JP' } } as const;
  const forms = (digits: string) => [`+81${digits}`, `81${digits}`, `0${digits}`].map(hashOf).sort();

  test('of phones, by whichever form came hashed on either side', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const numbers = ['9010000001', '9010000002', '9010000003', '9010000004', '9010000005', '9010000006'];
    const [plain, byE164, byDigits, byNational, cameHashed, free] = numbers as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const { code, sync: report } = await sync(scenario, {
      ...phones,
      people: [plain, byE164, byDigits, byNational, free]
        .map((digits) => `0${digits}`)
        .concat(hashOf(`0${cameHashed}`)),
      list: [
        `+81 ${plain}`,
        hashOf(`+81${byE164}`),
        hashOf(`81${byDigits}`),
        hashOf(`0${byNational}`),
        `0${cameHashed}`,
      ],
    });
    expect(code).toBe(0);
    expect(membersOf(scenario)).toEqual(forms(free));
    expect(report.counts).toMatchObject({ values: 6, suppressed: 5, members: 1, lines: 3 });
  });

  test('of phones, also where the sync sends another form', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { sync: report } = await sync(scenario, {
      type: 'phone',
      changes: { defaultCountry: 'JP', phoneFormats: ['e164-digits'] },
      people: ['09010000001', '09010000002'],
      list: ['+819010000001'],
    });
    expect(membersOf(scenario)).toEqual([hashOf('819010000002')]);
    expect(report.counts.suppressed).toBe(1);
  });

  test('of advertising IDs, in upper or lower case', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const ids = [
      '6D92078A-8246-4BA4-AE5B-76104861E7DC',
      '6d92078a-8246-4ba4-ae5b-76104861e7dc',
      '11111111-2222-4333-8444-555555555555',
    ];
    const { sync: report } = await sync(scenario, { type: 'ifa', people: ids, list: [ids[1]!.toUpperCase()] });
    expect(membersOf(scenario)).toEqual([ids[2]]);
    expect(report.counts.suppressed).toBe(2);
  });

  test('once they are on the list, a mirror replaces', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    await sync(scenario, { type: 'email', people: [ann, ben, cat], list: [] });
    const { sync: report } = await sync(scenario, { type: 'email', people: [ann, ben, cat], list: [ben] });
    expect(report.plan).toMatchObject({ action: 'replace', removed: 1 });
    expect(membersOf(scenario)).toEqual([hashOf(ann), hashOf(cat)].sort());
  });

  test('but of an Add that sent them before, which says so', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    await sync(scenario, { type: 'email', mode: 'add', people: [ann, ben], list: [] });
    const { sync: report } = await sync(scenario, { type: 'email', mode: 'add', people: [ann, ben, cat], list: [ben] });
    expect(report.counts).toMatchObject({ suppressed: 1, members: 2, uploaded: 1 });
    expect(report.warnings.find(({ code }) => code === 'suppressed_still_held')?.message).toMatch(
      /^1 members that buyers/,
    );
  });
});

describe.concurrent('nothing is sent', () => {
  test.for<[string, Partial<Given>, number, string]>([
    ['when a list is not there', {}, 66, 'source.not_found'],
    ['when a list lacks its column', { list: ['x'], entry: { columns: ['mail'] } }, 66, 'source.column_missing'],
    ['when a list holds no identifier at all', { list: ['x', 'y'] }, 65, 'identifiers.none'],
    ['when a mirror is suppressed to nothing', { list: [ann, ben] }, 65, 'guard.empty_mirror'],
  ])('%s', async ([, given, code, error], { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const outcome = await sync(scenario, { type: 'email', people: [ann, ben], ...given });
    expect([outcome.code, outcome.error]).toEqual([code, error]);
    expect(uploadsTo(scenario.simulator)).toEqual([]);
  });

  test('when an Add is suppressed to nothing, which is no error', async ({ expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const outcome = await sync(scenario, { type: 'email', mode: 'add', people: [ann], list: [ann] });
    expect([outcome.code, outcome.sync.status]).toEqual([0, 'nothing_to_do']);
  });
});

test('a list is read for each country that its numbers may be of', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const people = scenario.write('people.csv', 'phone\n0812345678\n0812345679\n');
  const list = scenario.write('list.csv', 'phone\n0812345678\n');
  const syncs = ['TH', 'ID', 'TH'].map((defaultCountry, index) => ({
    ...{ name: `s${index}`, audienceName: `S${index}`, identifierType: 'phone', mode: 'mirror' },
    ...{ defaultCountry, phoneFormats: ['e164'] },
  }));
  const suppress = [{ source: { type: 'files', path: list }, identifierType: 'phone' }];
  const config = scenario.config({ source: { type: 'files', path: people }, syncs, suppress });
  const { code } = await runHere(scenario, config);
  expect(code).toBe(0);
  const { simulator } = scenario;
  const membersOf = (name: string) => [...simulator.members(audienceId(simulator, name))];
  expect(['S0', 'S1', 'S2'].map(membersOf)).toEqual(
    ['+66812345679', '+62812345679', '+66812345679'].map((number) => [hashOf(number)]),
  );
});

test('a list of another identifier type is not looked at', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const given = { type: 'email', people: [ann], entry: { identifierType: 'phone' } } as const;
  expect((await sync(scenario, given)).code).toBe(0);
});

test('a list that is empty, or has rejects, is told of', async ({ expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const codesOf = ({ sync: report }: { sync: SyncReport }) => report.warnings.map(({ code }) => code);
  expect(codesOf(await sync(scenario, { type: 'email', people: [ann], list: [] }))).toContain('suppression_empty');
  expect(codesOf(await sync(scenario, { type: 'email', people: [ann], list: [ben, 'x'] }))).toContain(
    'suppression_rejected',
  );
});

test.for<[string, string, string | Buffer, string]>([
  ['is cut off behind a comma', 'list.json', `[{"email":"${ben}"},`, 'source.malformed'],
  ['is cut off so and compressed whole', 'list.json.gz', gzipSync(`[{"email":"${ben}"},`), 'source.malformed'],
  ['is cut off in its last line', 'list.jsonl', `{"email":"${ben}"}\n{"email":"${cat}"`, 'source.malformed'],
  [
    'spells its key otherwise far down',
    'list.jsonl',
    `${`{"email":"${ben}"}\n`.repeat(200_000)}{"Email":"${ann}"}\n`,
    'source.column_missing',
  ],
  ['has a key twice in an object', 'list.json', `[{"email":"${ben}","email":"${ann}"}]`, 'source.malformed'],
])('a list that %s sends nothing', async ([, name, content, code], { expect }) => {
  await using scenario = await openScenario({ strictRates: false });
  const people = scenario.write('people.csv', `email\n${ann}\n${ben}\n`);
  const path = scenario.write(name, content);
  const config = scenario.config({
    source: { type: 'files', path: people },
    suppress: [{ source: { type: 'files', path }, identifierType: 'email' }],
    syncs: [{ name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' }],
  });
  const outcome = await runHere(scenario, config);
  expect([outcome.code, outcome.report.syncs[0]!.error?.code]).toEqual([66, code]);
  expect(uploadsTo(scenario.simulator)).toEqual([]);
});

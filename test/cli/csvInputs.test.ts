import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, type ExpectStatic, test } from 'vitest';
import { hashOf } from './customers.ts';
import { runHere } from './runHere.ts';
import { audienceId, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* What a CSV file holds is read wherever it comes from, to its last byte, or the run ends with 66 and sends nothing. */

const emails = Array.from({ length: 10 }, (_, index) => `user${index}@example.com`);
const last = 'last@example.com';
const rows = `email,note\n${emails.map((email) => `${email},x\n`).join('')}`;
const long = 'a'.repeat(5_000_000);

type Way = 'csv' | 'csv.gz' | 'csv.zst' | 'stdin';

function compress(content: string | Buffer, way: Way): Buffer {
  const bytes = Buffer.from(content as string);
  if (way === 'csv.gz') return gzipSync(bytes, { level: 1 });
  return way === 'csv.zst' ? zstdCompressSync(bytes) : bytes;
}

interface Given {
  content: string | Buffer;
  way: Way;
  csv?: object | undefined;
}

async function sync(scenario: Scenario, { content, way, csv = {} }: Given) {
  const bytes = compress(content, way);
  const source =
    way === 'stdin'
      ? { type: 'stdin', format: 'csv', csv }
      : { type: 'files', path: scenario.write(`people.${way}`, bytes), csv };
  const syncs = [{ name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' }];
  const { code, report } = await runHere(scenario, scenario.config({ source, syncs }), {
    stdin: Readable.from([bytes]),
  });
  return { code, error: report.syncs[0]!.error };
}

/** A run in which the text is a suppression list for the ten and the last. */
async function suppress(scenario: Scenario, { content, way, csv = {} }: Given) {
  const list = scenario.write(`list.${way}`, compress(content, way));
  const config = scenario.config({
    source: {
      type: 'files',
      path: scenario.write('people.csv', `email\n${[...emails, last, 'free@example.com'].join('\n')}`),
    },
    suppress: [{ source: { type: 'files', path: list, csv }, identifierType: 'email' }],
    syncs: [{ name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'mirror' }],
  });
  const { code, report } = await runHere(scenario, config);
  return { code, error: report.syncs[0]!.error };
}

function expectMembers({ simulator }: Scenario, members: readonly string[], expect: ExpectStatic): void {
  expect([...simulator.members(audienceId(simulator, 'Buyers'))].sort()).toEqual(members.map(hashOf).sort());
}

function expectRefused(
  { simulator }: Scenario,
  outcome: Awaited<ReturnType<typeof sync>>,
  wanted: { code: string; says: string },
  expect: ExpectStatic,
): void {
  expect([outcome.code, outcome.error?.code]).toEqual([66, wanted.code]);
  expect(outcome.error?.message).toContain(wanted.says);
  expect(uploadsTo(simulator)).toEqual([]);
}

const readable: readonly [string, string | Buffer, object?][] = [
  ['a last record that is longer than any buffer', `${rows}${last},${long}`],
  ['a last record that is long and ends with LF', `${rows}${last},${long}\n`],
  ['a last record of NUL bytes', `${rows}${last},${'\0'.repeat(5_000_000)}`],
  ['a long record in the middle', `email,note\n${last},${long}\n${rows.slice(rows.indexOf('\n') + 1)}`],
  ['a delimiter at the end of every line', `${rows}${last},x\n`.replaceAll('\n', ',\n')],
  [
    'Shift_JIS',
    Buffer.concat([Buffer.from(rows), Buffer.from(`${last},`), Buffer.from('8e52936391be9859', 'hex')]),
    { encoding: 'shift_jis' },
  ],
  ['UTF-16', Buffer.from(`\ufeff${rows}${last},山田`, 'utf16le'), { encoding: 'utf-16' }],
];

const refused: readonly [string, string | Buffer, { code: string; says: string }][] = [
  [
    'a record of 17 MB',
    `${rows}${last},${'a'.repeat(17_000_000)}`,
    { code: 'source.malformed', says: 'at line 12, because the record is longer' },
  ],
  [
    'an empty field too many',
    `${rows}Yamada, ${last},\n`,
    { code: 'source.malformed', says: 'at line 12, because the record has 3 of 2 fields' },
  ],
  [
    'a field too few',
    `${rows}${last}\n`,
    { code: 'source.malformed', says: 'at line 12, because the record has 1 of 2 fields' },
  ],
  ['a quote that is not closed', `${rows}${last},"x\n`, { code: 'source.malformed', says: 'at line 12' }],
  [
    'Shift_JIS that is not configured',
    Buffer.concat([Buffer.from(rows), Buffer.from(`${last},`), Buffer.from('8e52936391be9859', 'hex')]),
    { code: 'source.encoding', says: 'not UTF-8 at line 12, and looks like Shift_JIS' },
  ],
];

/** Of compressed files, some: how they are read is tested with the source. */
function someOf<T>(cases: readonly T[], way: Way): readonly T[] {
  return way === 'csv.gz' ? cases.slice(0, 2) : cases;
}

describe.each(['csv', 'csv.gz', 'stdin'] as const)('from %s', (way) => {
  test.for(someOf(readable, way))('%s is read whole', async ([, content, csv], { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code } = await sync(scenario, { content, way, csv });
    expect(code).toBe(0);
    expectMembers(scenario, [...emails, last], expect);
  });

  test.for(someOf(refused, way))('%s is refused, and nothing is sent', async ([, content, wanted], { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    expectRefused(scenario, await sync(scenario, { content, way }), wanted, expect);
  });
});

describe.each(['csv', 'csv.gz'] as const)('on a suppression list in %s', (way) => {
  test.for(someOf(readable, way))('%s protects everybody', async ([, content, csv], { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    const { code } = await suppress(scenario, { content, way, csv });
    expect(code).toBe(0);
    expectMembers(scenario, ['free@example.com'], expect);
  });

  test.for(someOf(refused, way))('%s is refused, and nothing is sent', async ([, content, wanted], { expect }) => {
    await using scenario = await openScenario({ strictRates: false });
    expectRefused(scenario, await suppress(scenario, { content, way }), wanted, expect);
  });
});

describe.each(['csv.gz', 'csv.zst'] as const)('%s that is cut', (way) => {
  const whole = compress(rows, way);
  const cut = [whole.subarray(0, -1), Buffer.concat([whole, whole.subarray(0, -1)])];

  test.for([0, 1])(
    'in its first part or in a later one (%i) is refused, also as a suppression list',
    async (index, { expect }) => {
      const wanted = { code: 'source.malformed', says: 'truncated or damaged' };
      for (const run of [sync, suppress]) {
        await using scenario = await openScenario({ strictRates: false });
        // Compressed already: written as it is.
        const { write } = scenario;
        const asIs = {
          ...scenario,
          write: (name: string) => write(name, name.endsWith(way) ? cut[index]! : 'email\na@b.c\n'),
        };
        expectRefused(scenario, await run(asIs, { content: '', way }), wanted, expect);
      }
    },
  );
});

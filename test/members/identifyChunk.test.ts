import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIdentify } from '../../src/identifiers/identify.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { shapeOf } from '../../src/identifiers/shape.ts';
import { examplesPerCode, identifyChunk } from '../../src/members/identifyChunk.ts';
import type { Chunk } from '../../src/sources/source.ts';
import { chunkOf, linesOf, listColumn } from '../setup/memberSetup.ts';

const phoneFormats = ['e164', 'e164-digits', 'national'] as const;
const email: IdentifyRules = { identifierType: 'email', hashed: 'auto', phoneFormats: [...phoneFormats] };
const phone: IdentifyRules = { ...email, identifierType: 'phone', defaultCountry: 'JP' };
const ifa: IdentifyRules = { ...email, identifierType: 'ifa' };

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The records in hex, sorted: their order within a chunk says nothing. */
function recordsOf(chunk: Chunk, rules: IdentifyRules): string[] {
  const { recordBytes } = createIdentify(rules);
  const records = Buffer.from(identifyChunk(chunk, rules).records);
  expect(records.length % recordBytes).toBe(0);
  const count = records.length / recordBytes;
  return Array.from({ length: count }, (_, at) =>
    records.toString('hex', at * recordBytes, (at + 1) * recordBytes),
  ).sort();
}

describe('every cell is accounted for', () => {
  test.each<[string, Chunk, IdentifyRules, object]>([
    ['nothing', chunkOf(), email, { rows: 0, values: 0, empty: 0, rejects: {}, listed: [] }],
    [
      'members, twins included',
      chunkOf('a@b.c', 'A@B.C ', 'd@e.f'),
      email,
      { rows: 3, values: 3, empty: 0, rejects: {} },
    ],
    [
      'empty lines and blank ones',
      chunkOf('', ' ', '\u3000', '\ufeff', 'a@b.c'),
      email,
      { rows: 5, values: 1, empty: 4 },
    ],
    [
      'rejects',
      chunkOf('a', 'a@b@c.d', 'b'),
      email,
      { rows: 3, values: 3, rejects: { 'email.no_at': 2, 'email.several_at': 1 } },
    ],
    ['a line break that came as CR', chunkOf('a\r@b.c'), email, { values: 1, rejects: { 'value.line_break': 1 } }],
    [
      'phones',
      chunkOf('090-1234-5678', 'x', ''),
      phone,
      { rows: 3, values: 2, empty: 1, rejects: { 'phone.not_a_number': 1 } },
    ],
    [
      'raw emails where the warehouse was to hash',
      chunkOf('a@b.c', sha256('a@b.c'), 'needs_connector', ''),
      { ...email, hashing: 'warehouse' },
      { rows: 4, values: 3, empty: 1, rejects: { 'value.needs_connector': 2 } },
    ],
    [
      'advertising IDs',
      chunkOf('00000000-0000-0000-0000-000000000000', 'x'),
      ifa,
      { values: 2, rejects: { 'ifa.all_zero': 1, 'ifa.not_a_uuid': 1 } },
    ],
  ])('%s', (_, chunk, rules, wanted) => {
    expect(identifyChunk(chunk, rules)).toMatchObject(wanted);
  });

  test('rows of two columns are counted once', () => {
    const chunk = { columns: [{ lines: linesOf(['a@b.c', '']) }, { lines: linesOf(['x', 'd@e.f']) }] };
    expect(identifyChunk(chunk, email)).toMatchObject({
      rows: 2,
      values: 3,
      empty: 1,
      rejects: { 'email.no_at': 1 },
      listed: [{ code: 'email.no_at', row: 0, column: 1, shape: 'a' }],
    });
    expect(recordsOf(chunk, email)).toEqual([sha256('a@b.c'), sha256('d@e.f')].sort());
  });

  test('elements of lists have the row of their list', () => {
    const chunk = { columns: [listColumn([['a@b.c', 'x'], [''], ['y', 'd@e.f', 'z']])] };
    expect(identifyChunk(chunk, email)).toMatchObject({
      rows: 3,
      values: 5,
      empty: 1,
      rejects: { 'email.no_at': 3 },
      listed: [
        { row: 0, column: 0 },
        { row: 2, column: 0 },
        { row: 2, column: 0 },
      ],
    });
  });
});

describe('examples of rejects', () => {
  test(`examples are the first ${examplesPerCode} rejects of each code, by their shape`, () => {
    const values = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? `person ${index}` : 'a@b@c'));
    const { listed } = identifyChunk(chunkOf(...values), email);
    const rows = (code: string) => listed.filter((example) => example.code === code).map(({ row }) => row);
    expect(rows('email.inner_space')).toEqual([0, 2, 4, 6, 8]);
    expect(rows('email.several_at')).toEqual([1, 3, 5, 7, 9]);
    expect(listed[0]?.shape).toBe('aaaaaa 0');
  });

  test('examples hold no value', () => {
    const { listed } = identifyChunk(chunkOf('Taro@ÉXAMPLE', '電話@example.com'), email);
    expect(listed.map(({ shape }) => shape)).toEqual(['Taro@ÉXAMPLE', '電話@example.com'].map(shapeOf));
    expect(JSON.stringify(listed)).not.toMatch(/Taro|電話|example/i);
  });
});

const anyLine = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('', ' ', 'a@b.c', 'A@B.C', '090-1234-5678', '+81 90 1234 5678', 'ａ@b.c', 'x'.repeat(200), 'é@b.c'),
  fc.stringMatching(/^[0-9a-fA-F]{64}$/),
  fc.uuid(),
);
const values = fc.array(
  anyLine.map((line) => line.replaceAll('\n', '\r')),
  { maxLength: 60 },
);

test.each([
  ['email', email],
  ['email, always hashed', { ...email, hashed: 'always' as const }],
  ['email, never hashed', { ...email, hashed: 'never' as const }],
  ['phone', phone],
  ['phone without a country', { ...phone, defaultCountry: undefined }],
  ['ifa', ifa],
])('%s: a chunk gives what its values give one by one', (_, rules) => {
  const { identify, recordBytes } = createIdentify(rules);
  fc.assert(
    fc.property(values, (lines) => {
      const records: string[] = [];
      const rejects: Record<string, number> = {};
      let empty = 0;
      for (const line of lines) {
        const record = Buffer.alloc(recordBytes);
        // As a chunk carries it: a lone surrogate has no UTF-8.
        const outcome = identify(Buffer.from(line).toString(), record, 0);
        if (outcome === 'member') records.push(record.toString('hex'));
        else if (outcome === 'empty') empty++;
        else rejects[outcome] = (rejects[outcome] ?? 0) + 1;
      }
      expect(recordsOf(chunkOf(...lines), rules)).toEqual(records.sort());
      expect(identifyChunk(chunkOf(...lines), rules)).toMatchObject({
        rows: lines.length,
        values: lines.length - empty,
        empty,
      });
      expect(identifyChunk(chunkOf(...lines), rules).rejects).toEqual(rejects);
    }),
    { numRuns: 250 },
  );
});

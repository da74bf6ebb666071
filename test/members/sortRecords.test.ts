import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../src/identifiers/kinds.ts';
import { type Layout, layoutOf } from '../../src/members/layout.ts';
import { sortUnique } from '../../src/members/sortRecords.ts';

/** Memory of their own, as blocks have it. */
function recordsOf(parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.concat(parts);
  const records = Buffer.from(new ArrayBuffer(whole.length));
  whole.copy(records);
  return records;
}

function sorted(parts: readonly Uint8Array[], layout: Layout): string[] {
  const records = recordsOf(parts);
  const memory = new Uint8Array(new SharedArrayBuffer(records.length));
  const bytes = sortUnique(records, layout, memory);
  expect(bytes % layout.recordBytes).toBe(0);
  return Array.from({ length: bytes / layout.recordBytes }, (_, index) =>
    Buffer.from(memory.slice(index * layout.recordBytes, (index + 1) * layout.recordBytes)).toString('latin1'),
  );
}

/** Few different bytes, so that many keys share their first bits, and some are twins. */
function keyOf(keyBytes: number) {
  return fc
    .tuple(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.constantFrom(0, 0x80, 0xff), fc.nat(3), fc.nat(2))
    .map(([first, fourth, fifth, last]) => {
      const bytes = new Uint8Array(keyBytes).fill(9);
      bytes.set([first, 0, 0, fourth, fifth]);
      bytes[keyBytes - 1] = last;
      return bytes;
    });
}

describe.each([
  ['digests', kinds.email],
  ['keys of another width', { ...kinds.email, keyBytes: 16 }],
])('records of one key (%s)', (_, kind) => {
  const { keyBytes } = kind;

  test('records are sorted by their bytes, each once, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(keyOf(keyBytes), { maxLength: 200 }), (keys) => {
        const wanted = [...new Set(keys.map((bytes) => Buffer.from(bytes).toString('latin1')))].sort();
        expect(sorted(keys, layoutOf(kind))).toEqual(wanted);
      }),
    );
  });

  test('thousands of records of any bytes are sorted, each once', () => {
    const digests = Array.from({ length: 5_000 }, (_, index) => {
      const bytes = new Uint8Array(keyBytes);
      for (let at = 0; at < keyBytes; at++) bytes[at] = ((index % 4_000) * 2_654_435_761 + at * 40_503) >>> (at % 24);
      return bytes;
    });
    const wanted = [...new Set(digests.map((bytes) => Buffer.from(bytes).toString('latin1')))].sort();
    expect(sorted(digests, layoutOf(kind))).toEqual(wanted);
  });
});

test.each([32, 16])('twins of several keys of %i bytes become one record with the forms of both', (keyBytes) => {
  const second = fc.constantFrom<number | undefined>(undefined, 7);
  fc.assert(
    fc.property(fc.array(fc.tuple(keyOf(keyBytes), second, second), { maxLength: 60 }), (phones) => {
      const slot = (fill: number | undefined) => new Uint8Array(keyBytes).fill(fill ?? 0);
      const records = phones.map(([first, b, c]) => Buffer.concat([first, slot(b), slot(c)]));
      const merged = new Map<string, [boolean, boolean]>();
      for (const [first, b, c] of phones) {
        const key = Buffer.from(first).toString('latin1');
        const [hasB, hasC] = merged.get(key) ?? [false, false];
        merged.set(key, [hasB || b !== undefined, hasC || c !== undefined]);
      }
      const text = (has: boolean) => Buffer.from(slot(has ? 7 : undefined)).toString('latin1');
      const wanted = [...merged].map(([key, [hasB, hasC]]) => key + text(hasB) + text(hasC)).sort();
      expect(sorted(records, layoutOf({ ...kinds.phone, keyBytes }, 3 * keyBytes))).toEqual(wanted);
    }),
  );
});

test('advertising IDs come out by their lower-cased text, then by their bytes; those of other case are others', () => {
  const ids = fc
    .tuple(fc.constantFrom('a', 'A', '0', 'f', 'F'), fc.constantFrom('b', 'B', '9'), fc.constantFrom('c', 'C', '1'))
    .map(([first, eighth, last]) => `${first}000000${eighth}-0000-4000-8000-00000000000${last}`);
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 100 }), (texts) => {
      const compare = (a: string, b: string) => {
        const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
        if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
        return a < b ? -1 : Number(a > b);
      };
      const wanted = [...new Set(texts)].sort(compare);
      expect(
        sorted(
          texts.map((text) => Buffer.from(text)),
          layoutOf(kinds.ifa),
        ),
      ).toEqual(wanted);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shapeOf } from '../../src/identifiers/shape.ts';

test.each([
  ['John.Smith(at)mail', 'aaaa.aaaaa?aa?aaaa'],
  ['user+tag@example-1.com', 'aaaa+aaa@aaaaaaa-0.aaa'],
  ['０９０ー１２３４', '000a0000'],
  ['山田 太郎', 'aa aa'],
  ['๐๘๑', '000'],
  ['a\tb\nc\0', 'a?a?a?'],
  ['\u00a0\u3000', '??'],
  ['😀𝐀𝟗', '?a0'],
  ['½Ⅷ_', '???'],
  ['\ud800a\udc00', '?a?'],
  ['', ''],
])('%j has the shape %j', (raw, shape) => {
  expect(shapeOf(raw)).toBe(shape);
});

test('the cut is at 40 characters, whether they take one unit or two', () => {
  expect(shapeOf('a'.repeat(41))).toBe('a'.repeat(40));
  expect(shapeOf('𝐀'.repeat(41))).toBe('a'.repeat(40));
  expect(shapeOf(`${'a'.repeat(39)}𝐀b`)).toBe('a'.repeat(40));
});

test('no letter but a, no digit but 0 and nothing unusual comes through', () => {
  const raw = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.emailAddress());
  fc.assert(
    fc.property(raw, (text) => {
      expect(shapeOf(text)).toMatch(/^[a0@.+\- ?]{0,40}$/);
    }),
    { numRuns: 1_000 },
  );
});

test('a lone surrogate anywhere does no harm', () => {
  const unit = fc.integer({ min: 0xd7f0, max: 0xe010 }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 90 }), (units) => {
      expect(shapeOf(units.join(''))).toMatch(/^[a0?]{0,40}$/);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasLineBreak, normaliseValue } from '../../src/identifiers/value.ts';

/** Unicode White_Space (PropList.txt), then the zero-width characters of our own list. */
const blanks = [
  ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680],
  ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a],
  ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
  ...[0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0x180e],
];

describe('trimming', () => {
  test.each(blanks.map((code) => [code.toString(16)]))('U+%s goes at both ends and does not hide others', (hex) => {
    const blank = String.fromCodePoint(Number.parseInt(hex, 16));
    expect(normaliseValue(`${blank} ${blank}ab${blank}\t${blank}`)).toBe('ab');
    expect(normaliseValue(blank)).toBe('');
  });

  test('blanks inside stay', () => {
    expect(normaliseValue(' a b\tc\u200bd ')).toBe('a b\tc\u200bd');
  });

  test.each(['\0', '\x01', '\x1b', '\x1f', '\x7f', '\x84', '\u200e'])('the control %j is not space', (control) => {
    expect(normaliseValue(control)).toBe(control);
    expect(normaliseValue(` ${control}a${control} `)).toBe(`${control}a${control}`);
  });

  test('a cell of a million spaces and one letter in the middle takes no quadratic time', () => {
    const spaces = ' '.repeat(500_000);
    const startedAt = performance.now();
    expect(normaliseValue(`${spaces}a${spaces}b`)).toBe(`a${spaces}b`);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('NFKC', () => {
  test('the example of the doc comment', () => {
    expect(normaliseValue('\u3000ＡＢ１\u0085')).toBe('AB1');
  });

  test.each([
    ['ｕｓｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'user@example.com'],
    ['＋８１９０', '+8190'],
    ['ｶﾞ', 'ガ'],
    ['\u212a', 'K'],
    ['e\u0301', 'é'],
  ])('%s becomes %s', (raw, value) => {
    expect(normaliseValue(raw)).toBe(value);
  });
});

test('normalising twice is normalising once, and plain NFKC apart from the ends', () => {
  const edge = fc.constantFrom(...blanks.map((code) => String.fromCodePoint(code)), 'ａ', '¨', 'a');
  const raw = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ unit: edge }));
  fc.assert(
    fc.property(raw, (text) => {
      const once = normaliseValue(text);
      expect(normaliseValue(once)).toBe(once);
      expect(text.normalize('NFKC')).toContain(once);
      expect(once).toBe(once.trim());
    }),
    { numRuns: 1_000 },
  );
});

test('only LF and CR are line breaks', () => {
  expect(hasLineBreak('a\nb')).toBe(true);
  expect(hasLineBreak('a\rb')).toBe(true);
  expect(hasLineBreak('a\u2028b\u0085c\vd\fe')).toBe(false);
});

import type { RejectCode } from './rejects.ts';

/** The result of normalising a value: the text that is hashed or sent, or the code of its reject. */
export type Normalised = { text: string } | { reject: RejectCode };

/**
 * The meaning of a value. `texts`: one text for an email or IFA; for a phone one text for each form, undefined where
 * the number has no such form. `hex`: 64 characters for each key, from the first key on.
 */
export type Meaning =
  | { kind: 'empty' }
  | { kind: 'reject'; code: RejectCode }
  | { kind: 'hash'; hex: string }
  | { kind: 'texts'; texts: readonly (string | undefined)[] };

const plainAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/*
 * Unicode White_Space, of which JavaScript's own trim leaves U+0085, and characters of no width: zero-width space,
 * non-joiner and joiner (U+200B to U+200D), word joiner (U+2060), byte order mark (U+FEFF), and the Mongolian vowel
 * separator (U+180E), which was White_Space until Unicode 6.3.
 */
const blank = /[\p{White_Space}\u200b-\u200d\u2060\ufeff\u180e]/u;

function isBlankAt(text: string, index: number): boolean {
  return blank.test(text.charAt(index));
}

/**
 * Applies NFKC, then drops blanks at both ends: all Unicode White_Space, zero-width characters and BOM.
 * NUL and other controls stay. Example: "\u3000ＡＢ１\u0085" gives "AB1".
 */
export function normaliseValue(raw: string): string {
  if (plainAscii.test(raw)) return raw;
  const text = raw.normalize('NFKC');
  let start = 0;
  let end = text.length;
  while (start < end && isBlankAt(text, start)) start += 1;
  while (end > start && isBlankAt(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

/** Returns true if a normalised value has an LF or CR inside. */
export function hasLineBreak(value: string): boolean {
  return value.includes('\n') || value.includes('\r');
}

import { beginsAsUtf8, beginsAsUtf16, type Encoding } from './encodings.ts';

/*
 * A guess, for messages only, at the encoding of a text that is not in the expected one. Encodings of the region give
 * most sequences of bytes some meaning, so the measure is how much of a text falls on their common characters: kana,
 * the first level of kanji or hanzi, and Thai letters in a plausible order.
 */

/** The first two bytes of a character; the second is undefined at the end of the text. */
type CharacterBytes = readonly [lead: number, trail: number | undefined];

interface Candidate {
  encoding: Encoding;
  /** Returns how many bytes the character has, and 0 when there is none of these bytes. */
  lengthOf(bytes: CharacterBytes): number;
  isCommon(bytes: CharacterBytes, before: number, after: number): boolean;
}

const candidates: readonly Candidate[] = [
  {
    encoding: 'utf-8',
    lengthOf: ([lead, trail = 0]) => {
      if (!isIn(lead, 0xc2, 0xf4) || !isIn(trail, 0x80, 0xbf)) return 0;
      return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    },
    isCommon: () => true,
  },
  {
    encoding: 'shift_jis',
    lengthOf: ([lead, trail = 0]) => {
      if (isIn(lead, 0xa1, 0xdf)) return 1;
      const isTrail = isIn(trail, 0x40, 0x7e) || isIn(trail, 0x80, 0xfc);
      return isTrail && (isIn(lead, 0x81, 0x9f) || isIn(lead, 0xe0, 0xfc)) ? 2 : 0;
    },
    // Half-width katakana stand next to each other.
    isCommon: ([lead], before, after) =>
      isIn(lead, 0x81, 0x83) ||
      isIn(lead, 0x88, 0x98) ||
      (isIn(lead, 0xa6, 0xdf) && (isIn(before, 0xa6, 0xdf) || isIn(after, 0xa6, 0xdf))),
  },
  {
    encoding: 'euc-jp',
    lengthOf: ([lead, trail = 0]) => {
      if (lead === 0x8e) return isIn(trail, 0xa1, 0xdf) ? 2 : 0;
      if (lead === 0x8f) return isIn(trail, 0xa1, 0xfe) ? 3 : 0;
      return isIn(lead, 0xa1, 0xfe) && isIn(trail, 0xa1, 0xfe) ? 2 : 0;
    },
    isCommon: ([lead]) => [0x8e, 0xa1, 0xa3, 0xa4, 0xa5].includes(lead) || isIn(lead, 0xb0, 0xcf),
  },
  {
    encoding: 'big5',
    lengthOf: ([lead, trail = 0]) =>
      isIn(lead, 0x81, 0xfe) && (isIn(trail, 0x40, 0x7e) || isIn(trail, 0xa1, 0xfe)) ? 2 : 0,
    isCommon: ([lead]) => lead === 0xa1 || isIn(lead, 0xa4, 0xc6),
  },
  {
    encoding: 'windows-874',
    lengthOf: ([byte]) => (isIn(byte, 0xa1, 0xda) || isIn(byte, 0xdf, 0xfb) ? 1 : 0),
    isCommon: ([byte], before, after) => {
      if (isThaiConsonant(byte)) return isThai(before) || isThai(after);
      if (isIn(byte, 0xe0, 0xe4)) return isThaiConsonant(after);
      const isBehindLetter = isIn(byte, 0xd0, 0xda) || byte === 0xe5 || isIn(byte, 0xe7, 0xec);
      return isBehindLetter && (isThaiConsonant(before) || isThaiSign(before));
    },
  },
  {
    encoding: 'gb18030',
    lengthOf: ([lead, trail = 0]) => {
      if (!isIn(lead, 0x81, 0xfe)) return 0;
      if (isIn(trail, 0x30, 0x39)) return 4;
      return isIn(trail, 0x40, 0x7e) || isIn(trail, 0x80, 0xfe) ? 2 : 0;
    },
    isCommon: ([lead, trail = 0]) => trail >= 0xa1 && ([0xa1, 0xa3].includes(lead) || isIn(lead, 0xb0, 0xd7)),
  },
];

/** The minimum share of common characters. Of several encodings that reach it, the first of the list is taken. */
const minShare = 0.9;

/**
 * Returns the encoding that a text is probably in instead of `expected`. Undefined when none is likely, and when
 * `expected` is: then only some bytes are wrong.
 */
export function likelyEncoding(text: Uint8Array, expected: Encoding): Encoding | undefined {
  const found = beginsAsUtf16(text) ? 'utf-16' : beginsAsUtf8(text) ? 'utf-8' : likeliest(text, expected);
  return found === expected ? undefined : found;
}

function likeliest(text: Uint8Array, expected: Encoding): Encoding | undefined {
  const isLikely = (candidate: Candidate) => shareOfCommon(text, candidate) >= minShare;
  const own = candidates.find(({ encoding }) => encoding === expected);
  return own !== undefined && isLikely(own) ? expected : candidates.find(isLikely)?.encoding;
}

/** The share of the characters beyond ASCII that are common ones. */
function shareOfCommon(text: Uint8Array, { lengthOf, isCommon }: Candidate): number {
  let all = 0;
  let common = 0;
  for (let at = 0; at < text.length; ) {
    const lead = text[at]!;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const bytes = [lead, text[at + 1]] as const;
    const length = lengthOf(bytes);
    all++;
    if (length > 0 && isCommon(bytes, text[at - 1] ?? 0, text[at + length] ?? 0)) common++;
    at += Math.max(length, 1);
  }
  return all === 0 ? 0 : common / all;
}

function isIn(byte: number, first: number, last: number): boolean {
  return byte >= first && byte <= last;
}

function isThai(byte: number): boolean {
  return isIn(byte, 0xa1, 0xda) || isIn(byte, 0xdf, 0xfb);
}

function isThaiConsonant(byte: number): boolean {
  return isIn(byte, 0xa1, 0xce);
}

/** Vowels and tones that stand above or below a consonant. */
function isThaiSign(byte: number): boolean {
  return byte === 0xd1 || isIn(byte, 0xd4, 0xda) || isIn(byte, 0xe7, 0xee);
}

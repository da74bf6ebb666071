import { digestBytes } from '../identifiers/kinds.ts';

const digestWords = digestBytes / 4;

/**
 * All digests of phone records as records of one digest: the first of each is always there, the forms that a number
 * does not have are zero. `records` starts at a multiple of four bytes of its memory.
 */
export function presentDigests(records: Uint8Array, recordBytes: number): Uint8Array {
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const recordWords = recordBytes / 4;
  const present = new Int32Array(words.length);
  let length = 0;
  for (let at = 0; at < words.length; at += digestWords) {
    if (at % recordWords !== 0 && isZero(words, at)) continue;
    for (let word = at; word < at + digestWords; word++) present[length++] = words[word]!;
  }
  return new Uint8Array(present.buffer, 0, length * 4);
}

/**
 * For each digest behind a record's first that is there, a record of two: that one, and the first. So members are found
 * by any of their forms.
 */
export function pairDigests(records: Uint8Array, recordBytes: number): Uint8Array {
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const recordWords = recordBytes / 4;
  const pairs = new Int32Array(words.length * 2);
  let length = 0;
  for (let at = 0; at < words.length; at += digestWords) {
    const first = at - (at % recordWords);
    if (at === first || isZero(words, at)) continue;
    pairs.set(words.subarray(at, at + digestWords), length);
    pairs.set(words.subarray(first, first + digestWords), length + digestWords);
    length += 2 * digestWords;
  }
  return new Uint8Array(pairs.buffer, 0, length * 4);
}

function isZero(words: Int32Array, at: number): boolean {
  for (let word = at; word < at + digestWords; word++) if (words[word] !== 0) return false;
  return true;
}

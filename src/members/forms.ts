/*
 * Records of phones taken apart into their forms. `records` starts at a multiple of four bytes of its memory.
 */

/** The widths of a record and of each of its keys, in bytes. */
interface Widths {
  recordBytes: number;
  keyBytes: number;
}

/** Returns each form of each record as a record of its own, without the forms that are absent (zero). */
export function splitForms(records: Uint8Array, { recordBytes, keyBytes }: Widths): Uint8Array {
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const [recordWords, keyWords] = [recordBytes / 4, keyBytes / 4];
  const forms = new Int32Array(words.length);
  let length = 0;
  for (let at = 0; at < words.length; at += keyWords) {
    if (at % recordWords !== 0 && isZero(words, at, keyWords)) continue;
    for (let word = at; word < at + keyWords; word++) forms[length++] = words[word]!;
  }
  return new Uint8Array(forms.buffer, 0, length * 4);
}

/**
 * Returns a record of two keys for each form that is present behind the first: that form, then the first. A member is
 * found by any of its forms in them.
 */
export function pairForms(records: Uint8Array, { recordBytes, keyBytes }: Widths): Uint8Array {
  const words = new Int32Array(records.buffer, records.byteOffset, records.length / 4);
  const [recordWords, keyWords] = [recordBytes / 4, keyBytes / 4];
  const pairs = new Int32Array(words.length * 2);
  let length = 0;
  for (let at = 0; at < words.length; at += keyWords) {
    const first = at - (at % recordWords);
    if (at === first || isZero(words, at, keyWords)) continue;
    pairs.set(words.subarray(at, at + keyWords), length);
    pairs.set(words.subarray(first, first + keyWords), length + keyWords);
    length += 2 * keyWords;
  }
  return new Uint8Array(pairs.buffer, 0, length * 4);
}

function isZero(words: Int32Array, at: number, count: number): boolean {
  for (let word = at; word < at + count; word++) if (words[word] !== 0) return false;
  return true;
}

/** Encodings that a CSV file may be written in. */
export const encodings = ['utf-8', 'shift_jis', 'euc-jp', 'utf-16', 'big5', 'windows-874', 'gb18030'] as const;

export type Encoding = (typeof encodings)[number];

/** Names for messages. */
export const encodingNames: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  shift_jis: 'Shift_JIS',
  'euc-jp': 'EUC-JP',
  'utf-16': 'UTF-16',
  big5: 'Big5',
  'windows-874': 'Windows-874',
  gb18030: 'GB18030',
};

/** Returns true for a text that begins with the byte order mark of UTF-8. */
export function beginsAsUtf8(head: Uint8Array): boolean {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
}

/** Returns true for a text with a byte order mark of UTF-16, or with many NULs in every other place, as ASCII in UTF-16 has. */
export function beginsAsUtf16(head: Uint8Array): boolean {
  if (utf16Mark(head) !== undefined) return true;
  const { even, odd } = countNuls(head);
  return Math.min(even, odd) * 8 < Math.max(even, odd) && Math.max(even, odd) * 5 > head.length;
}

/**
 * The byte order by the mark. Without one it is little endian, as Windows writes it, unless more NULs stand first in
 * their pair of bytes than second: delimiters, digits and line ends have their NUL first in big endian.
 */
export function utf16Order(head: Uint8Array): 'utf-16le' | 'utf-16be' {
  const { even, odd } = countNuls(head);
  return utf16Mark(head) ?? (even > odd ? 'utf-16be' : 'utf-16le');
}

function utf16Mark(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

/** Counts NUL bytes at even and odd places. */
function countNuls(bytes: Uint8Array): { even: number; odd: number } {
  const counts = [0, 0];
  for (const [at, byte] of bytes.subarray(0, 1024).entries()) if (byte === 0) counts[at % 2]!++;
  return { even: counts[0]!, odd: counts[1]! };
}

/*
 * Digests as the lines that are uploaded. AssemblyScript, see kernel.ts.
 */
import { records, text } from './layout';

const digestBytes: usize = 32;
const lineBytes: usize = 65;
const lineFeed: u8 = 0x0a;

/** Sixteen bytes as the lower-case hexadecimal digits of each. */
@inline
function storeHex(to: usize, bytes: v128): void {
  const digits = i8x16(0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66);
  const high = v128.swizzle(digits, i8x16.shr_u(bytes, 4));
  const low = v128.swizzle(digits, v128.and(bytes, i8x16.splat(0x0f)));
  v128.store(to, v128.shuffle<i8>(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  v128.store(to, v128.shuffle<i8>(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
}

/** Reads digests where texts lie, and writes of each 64 hexadecimal digits and an LF where records lie. */
export function writeHexLines(digests: usize): void {
  let to = records;
  for (let from = text; from < text + digests * digestBytes; from += digestBytes) {
    storeHex(to, v128.load(from));
    storeHex(to + 32, v128.load(from, 16));
    store<u8>(to, lineFeed, 64);
    to += lineBytes;
  }
}

/*
 * Advertising IDs: 36 bytes of a UUID in either case, not all zero, kept as they came (see src/identifiers/ifa.ts).
 * AssemblyScript, see kernel.ts.
 */
import { dropBlanks, isBetween, skipBlanks } from './lines';

const ifaBytes: usize = 36;
const hyphen: u8 = 0x2d;
const zero: u8 = 0x30;

/** Whether bytes are hyphens where bits are set, and elsewhere hexadecimal digits. */
@inline
function isHexBut(bytes: v128, hyphens: i32): bool {
  const isDigit = isBetween(bytes, 0x30, 0x39);
  const isLetter = isBetween(v128.or(bytes, i8x16.splat(0x20)), 0x61, 0x66);
  const found = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(hyphen)));
  return found == hyphens && (i8x16.bitmask(v128.or(isDigit, isLetter)) | hyphens) == 0xffff;
}

@inline
export function takeIfa(from: usize, end: usize, record: usize): bool {
  const first = skipBlanks(from, end);
  if (dropBlanks(first, end) - first != ifaBytes) return false;
  const a = v128.load(first);
  const b = v128.load(first, 16);
  const c = v128.load(first, 20);
  // Hyphens stand at 8, 13, 18 and 23; the last one in both of the vectors that overlap.
  if (!isHexBut(a, 0x2100) || !isHexBut(b, 0x84) || !isHexBut(c, 0x8)) return false;
  // Of all these digits zero is the least, and hyphens are less.
  const greatest = i8x16.max_u(i8x16.max_u(a, b), c);
  if (!v128.any_true(i8x16.ne(greatest, i8x16.splat(zero)))) return false;
  v128.store(record, a);
  v128.store(record, b, 16);
  v128.store(record, c, 20);
  return true;
}

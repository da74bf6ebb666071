/*
 * Bytes of a line as sets of bits, which answer most questions without looking at each byte. AssemblyScript, see
 * kernel.ts.
 */

const lineFeed: u8 = 0x0a;
const windowBytes: usize = 64;

/** One bit a byte, the first byte's lowest, of 64 bytes. */
@inline
export function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  return u64(bits32(a, b)) | (u64(bits32(c, d)) << 32);
}

@inline
export function bits32(a: v128, b: v128): u32 {
  return u32(i8x16.bitmask(a)) | (u32(i8x16.bitmask(b)) << 16);
}

/** Where one of the 64 bytes from an address on is the wanted one. */
@inline
export function findByte(from: usize, byte: u8): u64 {
  const wanted = i8x16.splat(byte);
  return bits64(
    i8x16.eq(v128.load(from), wanted),
    i8x16.eq(v128.load(from, 16), wanted),
    i8x16.eq(v128.load(from, 32), wanted),
    i8x16.eq(v128.load(from, 48), wanted),
  );
}

/** The address of the LF at or after an address. There is always one: the text ends with it. */
@inline
export function findLineFeed(from: usize): usize {
  let at = from;
  let found: u64;
  while ((found = findByte(at, lineFeed)) == 0) at += windowBytes;
  return at + usize(ctz<u64>(found));
}

/** Where bytes are in a range: one comparison for both ends, since the least of signed bytes is -128. */
@inline
export function isBetween(bytes: v128, first: u8, last: u8): v128 {
  const fromLeast = i8x16.add(bytes, i8x16.splat(i8(0x80 - first)));
  return i8x16.lt_s(fromLeast, i8x16.splat(i8(0x80 + last + 1 - first)));
}

/** The ASCII among the blanks that normalising removes at both ends. */
@inline
function isBlank(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** The first byte of a line that is no blank; the LF, when there is none. */
@inline
export function skipBlanks(from: usize, end: usize): usize {
  let first = from;
  while (first < end && isBlank(load<u8>(first))) first++;
  return first;
}

/** Behind the last byte of a line that is no blank. */
@inline
export function dropBlanks(from: usize, end: usize): usize {
  let last = end;
  while (last > from && isBlank(load<u8>(last - 1))) last--;
  return last;
}

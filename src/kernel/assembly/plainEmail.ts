/*
 * What the kernel calls a plain email: printable ASCII without space, one @ with something before it, and a domain
 * with a dot but no leading, trailing or double one (see src/identifiers/email.ts). AssemblyScript, see sha256.ts.
 */

/** One bit a byte of the 64 bytes from an address on. */
@inline
function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = u32(i8x16.bitmask(a)) | (u32(i8x16.bitmask(b)) << 16);
  const high = u32(i8x16.bitmask(c)) | (u32(i8x16.bitmask(d)) << 16);
  return u64(low) | (u64(high) << 32);
}

@inline
function isNotPlain(text: v128): v128 {
  return v128.or(i8x16.lt_s(text, i8x16.splat(0x21)), i8x16.eq(text, i8x16.splat(0x7f)));
}

/** How many plain bytes there are from an address on; 64 stands for 64 or more. */
@inline
export function plainBytes(from: usize): usize {
  return usize(
    ctz<u64>(
      bits64(
        isNotPlain(v128.load(from)),
        isNotPlain(v128.load(from, 16)),
        isNotPlain(v128.load(from, 32)),
        isNotPlain(v128.load(from, 48)),
      ),
    ),
  );
}

@inline
function bitsOf(from: usize, byte: u8): u64 {
  const wanted = i8x16.splat(byte);
  return bits64(
    i8x16.eq(v128.load(from), wanted),
    i8x16.eq(v128.load(from, 16), wanted),
    i8x16.eq(v128.load(from, 32), wanted),
    i8x16.eq(v128.load(from, 48), wanted),
  );
}

/** Whether plain bytes, at most 63 of them, have the form of an address: `@` and dots as sets of bits. */
@inline
export function isShortAddress(from: usize, length: usize): bool {
  const within = (u64(1) << length) - 1;
  const at = bitsOf(from, 0x40) & within;
  if (at <= 1 || (at & (at - 1)) != 0) return false;
  const dots = bitsOf(from, 0x2e) & within & (0 - at);
  const misplaced = dots & ((at << 1) | (dots << 1) | (u64(1) << (length - 1)));
  return dots != 0 && misplaced == 0;
}

/** The same for any length and any bytes, byte by byte. */
export function isPlainEmail(from: usize, end: usize): bool {
  let at: usize = 0;
  let hasDot = false;
  let before: u8 = 0;
  for (let byteAt = from; byteAt < end; byteAt++) {
    const byte = load<u8>(byteAt);
    if (byte < 0x21 || byte > 0x7e) return false;
    if (byte == 0x40) {
      if (at != 0 || byteAt == from) return false;
      at = byteAt;
    } else if (byte == 0x2e && at != 0) {
      if (before == 0x2e || before == 0x40) return false;
      hasDot = true;
    }
    before = byte;
  }
  return hasDot && before != 0x2e;
}

/*
 * A plain email: one @, before it characters of a local part, behind it a domain with a dot but no leading, trailing or
 * double one (see src/identifiers/email.ts). AssemblyScript, see kernel.ts.
 */
import { oneBlockMaxBytes, takeOneBlock, takeTwoBlocks, twoBlocksMaxBytes } from './lanes';
import { bits64, dropBlanks, findByte, skipBlanks } from './lines';

const at: u8 = 0x40;
const dot: u8 = 0x2e;

/*
 * Two sets of characters as tables: entry n has bit h for each character 0xhn of the set, so two shuffles look up
 * sixteen bytes. A local part: A-Z a-z 0-9 . ! # $ % & ' * + / = ? ^ _ ` { | } ~ -
 */
@inline
function localTable(): v128 {
  return i8x16(
    -24, -4, -8, -4, -4, -4, -4, -4, -8, -8, -12, -44, -48, -36, -12, 124,
  );
}

/** A domain: A-Z a-z 0-9 . - */
@inline
function domainTable(): v128 {
  return i8x16(
    -88, -8, -8, -8, -8, -8, -8, -8, -8, -8, -16, 80, 80, 84, 84, 80,
  );
}

/** Entry h has bit h. */
@inline
function rowTable(): v128 {
  return i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
}

@inline
function columnOf(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(0x0f));
}

/** For each byte 0xhn bit h. */
@inline
function rowBits(bytes: v128): v128 {
  return i8x16.swizzle(rowTable(), v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(0x0f)));
}

/** Where bytes, of these columns and rows, are none of a table's characters. */
@inline
function isOutside(table: v128, columns: v128, rows: v128): v128 {
  return i8x16.eq(v128.and(i8x16.swizzle(table, columns), rows), i8x16.splat(0));
}

/** Where the 64 bytes from an address on have a character that does not belong in the local part or in the domain. */
@inline
function findStrange(from: usize, local: u64, domain: u64): u64 {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  const columnA = columnOf(a), columnB = columnOf(b), columnC = columnOf(c), columnD = columnOf(d);
  const rowA = rowBits(a), rowB = rowBits(b), rowC = rowBits(c), rowD = rowBits(d);
  const notLocal = bits64(
    isOutside(localTable(), columnA, rowA),
    isOutside(localTable(), columnB, rowB),
    isOutside(localTable(), columnC, rowC),
    isOutside(localTable(), columnD, rowD),
  );
  const notDomain = bits64(
    isOutside(domainTable(), columnA, rowA),
    isOutside(domainTable(), columnB, rowB),
    isOutside(domainTable(), columnC, rowC),
    isOutside(domainTable(), columnD, rowD),
  );
  return (notLocal & local) | (notDomain & domain);
}

/** Whether bytes, from 1 to 63 of them, are a plain email. */
@inline
function isShortEmail(from: usize, length: usize): bool {
  const within = (u64(1) << length) - 1;
  const ats = findByte(from, at) & within;
  const dots = findByte(from, dot) & within & (0 - ats);
  const misplaced = (ats << 1) | (dots << 1) | (u64(1) << (length - 1));
  const local = ats - 1;
  const domain = within & ~(local | ats);
  const strange = findStrange(from, local, domain);
  return strange == 0 && ats > 1 && (ats & (ats - 1)) == 0 && dots != 0 && (dots & misplaced) == 0;
}

@inline
function isOf(table: v128, byte: u8): bool {
  const bytes = i8x16.splat(byte);
  return !v128.any_true(isOutside(table, columnOf(bytes), rowBits(bytes)));
}

/** The same for any length, byte by byte. */
function isEmail(from: usize, end: usize): bool {
  let atPlace: usize = 0;
  let hasDot = false;
  let before: u8 = 0;
  for (let place = from; place < end; place++) {
    const byte = load<u8>(place);
    if (byte == at) {
      if (atPlace != 0 || place == from) return false;
      atPlace = place;
    } else if (!isOf(atPlace == 0 ? localTable() : domainTable(), byte)) {
      return false;
    } else if (byte == dot && atPlace != 0) {
      if (before == dot || before == at) return false;
      hasDot = true;
    }
    before = byte;
  }
  return hasDot && before != dot;
}

/** A line that is long, has blanks around its value, or is not plain. */
function takeOther(from: usize, end: usize, record: usize): bool {
  const first = skipBlanks(from, end);
  const last = dropBlanks(first, end);
  const length = last - first;
  if (length > twoBlocksMaxBytes || !isEmail(first, last)) return false;
  if (length <= oneBlockMaxBytes) takeOneBlock(first, length, record);
  else takeTwoBlocks(first, length, record);
  return true;
}

@inline
export function takeEmail(from: usize, end: usize, record: usize): bool {
  const length = end - from;
  if (length > oneBlockMaxBytes || !isShortEmail(from, length)) return takeOther(from, end, record);
  takeOneBlock(from, length, record);
  return true;
}

/*
 * What the kernel calls a plain email: printable ASCII without space, one @ with something before it, and a domain
 * with a dot but no leading, trailing or double one (see src/identifiers/email.ts). AssemblyScript, see kernel.ts.
 */
import { oneBlockMaxBytes, takeOneBlock, takeTwoBlocks, twoBlocksMaxBytes } from './lanes';
import { bits64, dropBlanks, findByte, isBetween, skipBlanks } from './lines';

const at: u8 = 0x40;
const dot: u8 = 0x2e;
const firstPlain: u8 = 0x21;
const lastPlain: u8 = 0x7e;

/** Where the 64 bytes from an address on are printable and no space. */
@inline
function findPlain(from: usize): u64 {
  return bits64(
    isBetween(v128.load(from), firstPlain, lastPlain),
    isBetween(v128.load(from, 16), firstPlain, lastPlain),
    isBetween(v128.load(from, 32), firstPlain, lastPlain),
    isBetween(v128.load(from, 48), firstPlain, lastPlain),
  );
}

/** Whether bytes, from 1 to 63 of them, are a plain email. */
@inline
function isShortEmail(from: usize, length: usize): bool {
  const within = (u64(1) << length) - 1;
  const ats = findByte(from, at) & within;
  const dots = findByte(from, dot) & within & (0 - ats);
  const misplaced = (ats << 1) | (dots << 1) | (u64(1) << (length - 1));
  return (~findPlain(from) & within) == 0 && ats > 1 && (ats & (ats - 1)) == 0 && dots != 0 && (dots & misplaced) == 0;
}

/** The same for any length, byte by byte. */
function isEmail(from: usize, end: usize): bool {
  let atPlace: usize = 0;
  let hasDot = false;
  let before: u8 = 0;
  for (let place = from; place < end; place++) {
    const byte = load<u8>(place);
    if (byte < firstPlain || byte > lastPlain) return false;
    if (byte == at) {
      if (atPlace != 0 || place == from) return false;
      atPlace = place;
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

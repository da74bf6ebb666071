/*
 * From lines of text to SHA-256 records: what the module exports. AssemblyScript, see sha256.ts.
 */
import { flush, oneBlockMaxBytes, takeOneBlock, takeTwoBlocks, twoBlocksMaxBytes } from './lanes';
import { isPlainEmail, isShortAddress, plainBytes } from './plainEmail';

const lineFeed: u8 = 0x0a;
const vectorBytes: usize = 16;
const recordBytes: usize = 32;
const undecidedBytes: usize = 12;

/*
 * Memory beyond the first page, which holds the constants and the lanes. Whole vectors are read at any byte, so some
 * room follows the text. A line that gives a record has at least six bytes, one that is undecided at least two.
 */
export const inputBytes: usize = 0x10000;
export const input: usize = 0x10000;
export const records: usize = 0x30000;
export const undecided: usize = 0x90000;

/** What the last call of `digest` found. */
export let lines: usize = 0;
export let emptyLines: usize = 0;
export let digests: usize = 0;
export let undecidedLines: usize = 0;

/** The LF at or after an address. There is always one: the text ends with it. */
function endOfLine(from: usize): usize {
  let at = from;
  let found: i32;
  while ((found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(lineFeed)))) == 0) at += vectorBytes;
  return at + ctz(found);
}

/** The ASCII among the blanks that normalising removes at both ends. */
@inline
function isBlank(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function addUndecided(from: usize, end: usize): void {
  const to = undecided + undecidedLines * undecidedBytes;
  store<u32>(to, u32(lines));
  store<u32>(to, u32(from - input), 4);
  store<u32>(to, u32(end - input), 8);
  undecidedLines++;
}

/** A line that is long, has blanks around its value, or is not plain. */
function takeOtherLine(from: usize, end: usize): void {
  let first = from;
  let last = end;
  while (first < last && isBlank(load<u8>(first))) first++;
  while (last > first && isBlank(load<u8>(last - 1))) last--;
  const length = last - first;
  if (length > twoBlocksMaxBytes || !isPlainEmail(first, last)) return addUndecided(from, end);
  const record = records + digests * recordBytes;
  if (length <= oneBlockMaxBytes) takeOneBlock(first, length, record);
  else takeTwoBlocks(first, length, record);
  digests++;
}

/** Reads `bytes` of text from `input` on, which end with an LF, and writes to `records` and `undecided`. */
export function digest(bytes: usize): void {
  lines = emptyLines = digests = undecidedLines = 0;
  const end = input + bytes;
  let from = input;
  while (from < end) {
    const length = plainBytes(from);
    let next = from + length;
    if (length > oneBlockMaxBytes || load<u8>(next) != lineFeed) {
      next = endOfLine(next);
      takeOtherLine(from, next);
    } else if (length == 0) {
      emptyLines++;
    } else if (isShortAddress(from, length)) {
      takeOneBlock(from, length, records + digests * recordBytes);
      digests++;
    } else {
      addUndecided(from, next);
    }
    lines++;
    from = next + 1;
  }
  flush();
}

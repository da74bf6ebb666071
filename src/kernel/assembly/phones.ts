/*
 * What the kernel calls a plain phone: ASCII digits with separators that normalising drops, and of so many digits as
 * `phoneStarts` has for the first four of them (see ../phoneStarts.ts). AssemblyScript, see kernel.ts.
 */
import { takeOneBlock } from './lanes';
import { phoneStarts } from './layout';
import { bits32, dropBlanks, isBetween, skipBlanks } from './lines';

const leastBytes: usize = 7;
const mostBytes: usize = 32;
const leastDigits: usize = 4;
const mostDigits: usize = 20;
const slotBytes: usize = 32;
const plus: u8 = 0x2b;
const minus: u8 = 0x2d;
const dot: u8 = 0x2e;
const zero: u8 = 0x30;

/** Bit n of an entry stands for numbers of n digits; two more say what else is known of them. */
const hasNationalBit: u32 = 1 << 31;
const hasCodeBit: u32 = 1 << 30;
const startsBytes: usize = 4 * 10000;

/** The configured forms. */
let hasE164: bool = false;
let hasDigits: bool = false;
let hasNational: bool = false;
/** "+" and the calling code of numbers without one, at the end of four bytes, and the number of the code's digits. */
let readingCode: u32 = 0;
let readingCodeDigits: usize = 0;
/** Digits of the calling code of the numbers that have a national form. */
let nationalCodeDigits: usize = 0;

export function setPhoneRules(
  e164: bool, digits: bool, national: bool, code: u32, codeDigits: usize, nationalDigits: usize,
): void {
  hasE164 = e164;
  hasDigits = digits;
  hasNational = national;
  readingCode = code;
  readingCodeDigits = codeDigits;
  nationalCodeDigits = nationalDigits;
}

/** The digits of a number, with room for what goes before them. */
const scratch: usize = memory.data(128, 16);
const scratchDigits: usize = scratch + 16;

@inline
function isEqual(bytes: v128, byte: u8): v128 {
  return i8x16.eq(bytes, i8x16.splat(byte));
}

/** Space, ( ) * + - . and /, which normalising drops; no comma, which may lead an extension. */
@inline
function isSign(bytes: v128): v128 {
  const isBracketToSlash = v128.andnot(isBetween(bytes, 0x28, 0x2f), isEqual(bytes, 0x2c));
  return v128.or(isBracketToSlash, isEqual(bytes, 0x20));
}

@inline
function findByte32(a: v128, b: v128, byte: u8): u32 {
  return bits32(isEqual(a, byte), isEqual(b, byte));
}

/** Whether there may be "(0)", with or without spaces inside: behind a calling code normalising drops it. */
function mayHoldTrunkZero(a: v128, b: v128, within: u32): bool {
  const opening = findByte32(a, b, 0x28) & within;
  if (opening == 0) return false;
  const closing = findByte32(a, b, 0x29) & within;
  const spaces = findByte32(a, b, 0x20);
  const zeros = findByte32(a, b, zero);
  return ((opening & (zeros >> 1) & (closing >> 2)) | (opening & (spaces >> 1)) | (closing & (spaces << 1))) != 0;
}

/**
 * Where a value is without a fraction of zeros ("819012345678.0"); all of it if it has none, nothing if it may be another
 * number than an integer. A single dot among digits, behind a leading "+" or not, makes it a number with a fraction.
 */
@inline
function dropZeroFraction(from: usize, digits: u32, zeros: u32, within: u32): u32 {
  const start = load<u8>(from);
  if (start == minus) return 0;
  const signs = within & ~digits & ~u32(start == plus);
  if (signs == 0 || (signs & (signs - 1)) != 0 || load<u8>(from + ctz<u32>(signs)) != dot) return within;
  const before = signs - 1;
  const after = within & ~(signs | before);
  if (after == 0) return within;
  return (after & ~zeros) == 0 ? before : 0;
}

/** Copies bytes whose bits are set, one after the other, to `scratchDigits`, and gives how many these are. */
@inline
function copyDigits(from: usize, places: u32): usize {
  let to = scratchDigits;
  let source = from;
  let rest = u64(places);
  while (rest != 0) {
    const skipped = ctz<u64>(rest);
    rest >>= skipped;
    source += usize(skipped);
    const run = ctz<u64>(~rest);
    v128.store(to, v128.load(source));
    v128.store(to, v128.load(source, 16), 16);
    rest >>= run;
    source += usize(run);
    to += usize(run);
  }
  return to - scratchDigits;
}

/** The number that four ASCII digits make. */
@inline
function readFour(from: usize): usize {
  const digits = load<u32>(from) & 0x0f0f0f0f;
  const pairs = digits * 10 + (digits >> 8);
  return usize((pairs & 0xff) * 100 + ((pairs >> 16) & 0xff));
}

export function takePhone(from: usize, end: usize, record: usize): bool {
  const first = skipBlanks(from, end);
  const length = dropBlanks(first, end) - first;
  if (length < leastBytes || length > mostBytes) return false;
  const all = u32((u64(1) << length) - 1);
  const a = v128.load(first);
  const b = v128.load(first, 16);
  const allDigits = bits32(isBetween(a, 0x30, 0x39), isBetween(b, 0x30, 0x39)) & all;
  if ((~(allDigits | bits32(isSign(a), isSign(b))) & all) != 0) return false;
  const within = dropZeroFraction(first, allDigits, findByte32(a, b, zero), all);
  if (within == 0 || mayHoldTrunkZero(a, b, within)) return false;

  const digits = allDigits & within;
  let number = scratchDigits;
  let count = copyDigits(first, digits);
  const isBeforeDigits = (digits & (0 - digits)) - 1;
  let isInternational = (findByte32(a, b, plus) & within & isBeforeDigits) != 0;
  if (!isInternational && load<u16>(number) == 0x3030) {
    isInternational = true;
    number += 2;
    count -= 2;
  }
  if (count < leastDigits || count > mostDigits) return false;
  const entry = load<u32>(phoneStarts + (isInternational ? 0 : startsBytes) + readFour(number) * 4);
  const isNational = (entry & hasNationalBit) != 0;
  if (((entry >> u32(count)) & 1) == 0 || !(hasE164 || hasDigits || isNational)) return false;

  if (isInternational || (entry & hasCodeBit) != 0) {
    store<u8>(number - 1, plus);
  } else {
    const trunkZeros = usize(load<u8>(number) == zero);
    number += trunkZeros;
    store<u32>(number - 4, readingCode);
    number -= readingCodeDigits;
    count += readingCodeDigits - trunkZeros;
  }
  takeForms(number, count, isNational, record);
  return true;
}

/** Takes the forms of a number: its calling code first, and "+" before that. */
function takeForms(number: usize, count: usize, isNational: bool, record: usize): void {
  let slot = record;
  if (hasE164) {
    takeOneBlock(number - 1, count + 1, slot);
    slot += slotBytes;
  }
  if (hasDigits) {
    takeOneBlock(number, count, slot);
    slot += slotBytes;
  }
  if (!hasNational) return;
  if (isNational) {
    const national = number + nationalCodeDigits - 1;
    store<u8>(national, zero);
    takeOneBlock(national, count - nationalCodeDigits + 1, slot);
  } else {
    v128.store(slot, i64x2.splat(0));
    v128.store(slot, i64x2.splat(0), 16);
  }
}

/*
 * Values wait in lanes until four of the same number of SHA-256 blocks are together. AssemblyScript, see kernel.ts.
 */
import { isBetween } from './lines';
import { compressFour, finishFour, loadFour, setLengths, startFour, storeDigest } from './sha256';

const blockBytes: usize = 64;
const laneCount: usize = 4;

/** The longest value that leaves room for its padding in one block, and in two. */
export const oneBlockMaxBytes: usize = 55;
export const twoBlocksMaxBytes: usize = 119;

/** A window that slides over 128 bytes of ones and 128 of zeros keeps a value and clears what follows it. */
const keep: usize = memory.data(256, 16);
/** The same way over the one bit that SHA-256 puts behind a message. */
const mark: usize = memory.data(256, 16);
memory.fill(keep, 0xff, 128);
store<u8>(mark + 128, 0x80);

/** Four padded values, and of each the length in bytes and the address of its record. */
const oneBlockValues: usize = memory.data(4 * 64, 16);
const oneBlockLengths: usize = memory.data(4 * 4, 16);
const oneBlockRecords: usize = memory.data(4 * 4, 16);
let oneBlockCount: usize = 0;

const twoBlockValues: usize = memory.data(4 * 128, 16);
const twoBlockLengths: usize = memory.data(4 * 4, 16);
const twoBlockRecords: usize = memory.data(4 * 4, 16);
let twoBlockCount: usize = 0;

@inline
function lowerCase(text: v128): v128 {
  return v128.or(text, v128.and(isBetween(text, 0x41, 0x5a), i8x16.splat(0x20)));
}

/** Sixteen bytes of a value in lower case, or of what follows it. */
@inline
function storePadded(to: usize, from: usize, window: usize): void {
  const kept = v128.and(lowerCase(v128.load(from)), v128.load(keep + window));
  v128.store(to, v128.or(kept, v128.load(mark + window)));
}

/** One block of a value and its padding. Reads 64 bytes, whatever stands there. */
@inline
function storeBlock(to: usize, from: usize, window: usize): void {
  storePadded(to, from, window);
  storePadded(to + 16, from + 16, window + 16);
  storePadded(to + 32, from + 32, window + 32);
  storePadded(to + 48, from + 48, window + 48);
}

@inline
function storeRecords(records: usize, count: usize): void {
  finishFour();
  for (let lane: usize = 0; lane < count; lane++) storeDigest(lane, load<u32>(records + lane * 4));
}

function flushOneBlock(): void {
  startFour();
  loadFour(oneBlockValues, blockBytes);
  setLengths(oneBlockLengths);
  compressFour();
  storeRecords(oneBlockRecords, oneBlockCount);
  oneBlockCount = 0;
}

function flushTwoBlocks(): void {
  startFour();
  loadFour(twoBlockValues, 2 * blockBytes);
  compressFour();
  loadFour(twoBlockValues + blockBytes, 2 * blockBytes);
  setLengths(twoBlockLengths);
  compressFour();
  storeRecords(twoBlockRecords, twoBlockCount);
  twoBlockCount = 0;
}

/** Takes a value of at most `oneBlockMaxBytes`; its digest will be written to `record`, at the latest by `flush`. */
@inline
export function takeOneBlock(from: usize, length: usize, record: usize): void {
  const lane = oneBlockCount;
  storeBlock(oneBlockValues + lane * blockBytes, from, 128 - length);
  store<u32>(oneBlockLengths + lane * 4, u32(length));
  store<u32>(oneBlockRecords + lane * 4, u32(record));
  oneBlockCount = lane + 1;
  if (oneBlockCount == laneCount) flushOneBlock();
}

/** The same for a value of more than that and at most `twoBlocksMaxBytes`. */
export function takeTwoBlocks(from: usize, length: usize, record: usize): void {
  const lane = twoBlockCount;
  const to = twoBlockValues + lane * 2 * blockBytes;
  storeBlock(to, from, 128 - length);
  storeBlock(to + blockBytes, from + blockBytes, 128 - length + blockBytes);
  store<u32>(twoBlockLengths + lane * 4, u32(length));
  store<u32>(twoBlockRecords + lane * 4, u32(record));
  twoBlockCount = lane + 1;
  if (twoBlockCount == laneCount) flushTwoBlocks();
}

/** Digests what still waits. Lanes that are not taken hold an earlier value, whose digest is dropped. */
export function flush(): void {
  if (oneBlockCount > 0) flushOneBlock();
  if (twoBlockCount > 0) flushTwoBlocks();
}

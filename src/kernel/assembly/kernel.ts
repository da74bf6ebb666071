/*
 * From lines of text to records: what the module exports. AssemblyScript, a dialect of TypeScript with the types and
 * operations of WebAssembly; compiled to ../kernel.wasm and not part of the TypeScript program.
 */
import { takeEmail } from './emails';
import { writeHexLines } from './hexLines';
import { takeIfa } from './ifas';
import { flush } from './lanes';
import { phoneStarts, records, text, textBytes, undecided } from './layout';
import { findLineFeed } from './lines';
import { setPhoneRules, takePhone } from './phones';

export { phoneStarts, records, setPhoneRules, text, textBytes, undecided, writeHexLines };

const emailKind: i32 = 0;
const phoneKind: i32 = 1;
const undecidedBytes: u32 = 12;

/** What the last call of `identify` found. */
export let lines: u32 = 0;
export let emptyLines: u32 = 0;
export let members: u32 = 0;
export let undecidedLines: u32 = 0;

/** Whether a line that is not empty is a member; if so, its record will have been written by the next `flush`. */
@inline
function take(kind: i32, from: usize, end: usize, record: usize): bool {
  if (kind == emailKind) return takeEmail(from, end, record);
  if (kind == phoneKind) return takePhone(from, end, record);
  return takeIfa(from, end, record);
}

/**
 * Reads `bytes` of text, which end with an LF, and writes to `undecided` and, from `record` on, records. What is
 * undecided is counted from `firstLine` and `firstByte` on.
 */
export function identify(
  kind: i32, from: usize, bytes: usize, record: usize, recordBytes: usize, firstLine: u32, firstByte: u32,
): void {
  lines = emptyLines = members = undecidedLines = 0;
  const end = from + bytes;
  const toPlace = firstByte - u32(from);
  let at = from;
  while (at < end) {
    const next = findLineFeed(at);
    if (at == next) {
      emptyLines++;
    } else if (take(kind, at, next, record)) {
      members++;
      record += recordBytes;
    } else {
      const to = undecided + undecidedLines * undecidedBytes;
      store<u32>(to, firstLine + lines);
      store<u32>(to, toPlace + u32(at), 4);
      store<u32>(to, toPlace + u32(next), 8);
      undecidedLines++;
    }
    lines++;
    at = next + 1;
  }
  flush();
}

import { SyncError } from '../../errors.ts';
import { lineFeed } from '../ascii.ts';
import { changedMeanwhile, readFileBytes } from './compression.ts';
import { createStrictDecoder, NotDecodable, type StrictDecoder, withHead } from './decode.ts';
import { type Encoding, encodingNames } from './encodings.ts';
import { likelyEncoding } from './likelyEncoding.ts';

/** How a file is said to be written. */
export interface ExpectedEncoding {
  encoding: Encoding;
  /** Whether the configuration can name another one (`csv.encoding`). */
  isConfigurable: boolean;
}

/**
 * Returns the error for a text file that is not wholly in the expected encoding: it names the line and, when the bytes
 * look like another encoding, that one. Reads the file again, as far as its first wrong byte; undefined when there is none.
 */
export async function findEncodingFault(file: string, expected: ExpectedEncoding): Promise<SyncError | undefined> {
  const fault = await findFault(file, expected.encoding);
  if (fault === undefined) return undefined;
  const guess = likelyEncoding(fault.sample, expected.encoding);
  const looks = guess === undefined ? '' : `, and looks like ${encodingNames[guess]}`;
  return new SyncError(
    'source.encoding',
    `Cannot read the file ${file}: it is not ${encodingNames[expected.encoding]} at line ${fault.line}${looks}.`,
    hintFor(guess, expected.isConfigurable),
  );
}

/** The same of a file in which a first reading has found a wrong byte. */
export async function encodingFault(file: string, expected: ExpectedEncoding): Promise<SyncError> {
  return (await findEncodingFault(file, expected)) ?? changedMeanwhile(file);
}

function hintFor(guess: Encoding | undefined, isConfigurable: boolean): string {
  if (!isConfigurable) return 'Convert the file to UTF-8 (for example with iconv).';
  return guess === undefined
    ? 'Set source.csv.encoding to the encoding of the file, or convert the file to UTF-8 (for example with iconv).'
    : `Set source.csv.encoding to "${guess}", or convert the file to UTF-8 (for example with iconv).`;
}

interface Fault {
  /** Counted from 1. */
  line: number;
  /** Bytes around the wrong one. */
  sample: Uint8Array;
}

/** About how many bytes in front of a wrong byte, and behind it, are looked at for a guess. */
const sampleBytes = 64 * 1024;

async function findFault(file: string, encoding: Encoding): Promise<Fault | undefined> {
  const lines = createLineCount();
  let decoders: { ahead: StrictDecoder; behind: StrictDecoder } | undefined;
  let last: Uint8Array = new Uint8Array();
  for await (const part of withHead(readFileBytes(file))) {
    decoders ??= { ahead: createStrictDecoder(encoding, part), behind: createStrictDecoder(encoding, part) };
    const { ahead, behind } = decoders;
    if (!isDecodable(() => ahead.decode(part))) return locate(part, behind, lines);
    lines.add(behind.decode(part));
    last = Uint8Array.from(part.subarray(-sampleBytes));
  }
  if (decoders === undefined || isDecodable(() => decoders.ahead.end())) return undefined;
  return { line: lines.current(), sample: last };
}

/** Finds the wrong byte in `part` with a decoder that has read everything before it. */
function locate(part: Uint8Array, decoder: StrictDecoder, lines: LineCount): Fault {
  let at = 0;
  while (at < part.length && isDecodable(() => lines.add(decoder.decode(part.subarray(at, at + 1))))) at++;
  // A line feed is never part of a longer character, except in UTF-16, which is recognised by its NULs.
  const start = part.lastIndexOf(lineFeed, Math.max(0, at - sampleBytes)) + 1;
  return { line: lines.current(), sample: part.subarray(start, at + sampleBytes) };
}

function isDecodable(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof NotDecodable) return false;
    throw error;
  }
}

interface LineCount {
  add(text: string): void;
  /** The number of the line that the text added so far ends in, counted from 1. */
  current(): number;
}

/** Counts lines that end with LF or CRLF, or with CR where there is no LF. */
function createLineCount(): LineCount {
  let lineFeeds = 0;
  let carriageReturns = 0;
  return {
    add(text) {
      lineFeeds += text.split('\n').length - 1;
      carriageReturns += text.split('\r').length - 1;
    },
    current: () => 1 + (lineFeeds > 0 ? lineFeeds : carriageReturns),
  };
}

import { SyncError } from '../../errors.ts';
import {
  backslash,
  carriageReturn,
  closeBrace,
  closeBracket,
  colon,
  comma,
  doubleQuote,
  lineFeed,
  openBrace,
  openBracket,
  space,
  tab,
} from '../ascii.ts';
import { notUtf8 } from '../duckdb/errors.ts';
import { beginsAsUtf8 } from './encodings.ts';
import { JsonKeys, maxKeyBytes } from './jsonKeys.ts';

/** The contents of the scanned part of a JSON file. */
export interface JsonContents {
  /** DuckDB's name of the format. */
  format: 'array' | 'newline_delimited' | 'unstructured';
  objects: number;
  /** Keys of the objects, each spelling once: all that are wanted, and up to 1,000 others. */
  keys: string[];
  nulls: number;
}

export interface JsonScanOptions {
  /** The file's name in messages. */
  label: string;
  /** Whether each line must be one object, or null. Otherwise objects may follow each other, or stand in one array. */
  isLines: boolean;
  /** The keys that are to be read, in lower case. */
  wanted: ReadonlySet<string>;
}

/** Marks the bytes that mean something outside a string, in the value of a key. */
const isSign = new Uint8Array(256);
for (const sign of [doubleQuote, comma, openBracket, closeBracket, openBrace, closeBrace, lineFeed]) isSign[sign] = 1;

/** Marks the bytes that end a run of plain characters in a string. */
const endsRun = new Uint8Array(256);
for (const sign of [doubleQuote, backslash, lineFeed]) endsRun[sign] = 1;

/** Marks the bytes that begin a value other than an object and null. Such a value has no columns. */
const isScalar = new Uint8Array(256);
for (const sign of '"-0123456789tf[') isScalar[sign.charCodeAt(0)] = 1;

const nullBytes = Buffer.from('null');
const atStart = 0;
const atValue = 1;
const atValueOrEnd = 2;
const atCommaOrEnd = 3;
const behindArray = 4;
const inNull = 5;
const atKey = 6;
const atColon = 7;
const inValue = 8;
const inString = 9;

const maxObjectBytes = 16 * 1024 * 1024; // DuckDB's own limit.

/**
 * Reads a JSON file in one pass. The scan proves that the file is complete, and finds every key of its objects. DuckDB
 * does neither: it takes an array that is cut off behind a comma for a complete one, and knows the keys of a sample.
 */
export class JsonScan {
  readonly #label: string;
  readonly #isLines: boolean;
  readonly #keys: JsonKeys;
  #state = atStart;
  #isArray = false;
  /** Open braces and brackets inside the value of a key. */
  #depth = 0;
  #line = 1;
  #lastLineWithValue = 0;
  #matchedOfNull = 0;
  #bytesBefore = 0;
  #objectStart = 0;
  #nulls = 0;
  /** Bytes of a key that continues in the next part. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes to skip at the beginning of the next part: one behind a backslash. */
  #toSkip = 0;

  constructor({ label, isLines, wanted }: JsonScanOptions) {
    this.#label = label;
    this.#isLines = isLines;
    this.#keys = new JsonKeys(wanted, (at, fault) => this.#malformed(at, fault));
  }

  /** Scans the next bytes of the file. Throws if they cannot belong to such a file. */
  scan({ buffer, byteOffset, byteLength }: Uint8Array): void {
    const next = Buffer.from(buffer, byteOffset, byteLength);
    const bytes = this.#rest.length === 0 ? next : Buffer.concat([this.#rest, next]);
    this.#bytesBefore -= this.#rest.length;
    this.#rest = Buffer.alloc(0);
    let at = this.#bytesBefore === 0 && beginsAsUtf8(bytes) ? 3 : 0;
    while (at < bytes.length) at = this.#scanFrom(bytes, at);
    this.#checkObjectBytes(bytes.length);
    this.#bytesBefore += bytes.length;
  }

  /** Returns the contents of the bytes scanned so far. */
  contents(): JsonContents {
    const format = this.#isArray ? 'array' : this.#isLines ? 'newline_delimited' : 'unstructured';
    return { format, objects: this.#keys.objects, nulls: this.#nulls, keys: this.#keys.spellings() };
  }

  /** Throws unless the bytes are a complete file. */
  end(): void {
    if (this.#isArray && this.#state !== behindArray) throw this.#cutOff('before its array is closed');
    if (this.#state >= inNull) throw this.#cutOff('inside an object');
  }

  /** Scans on from `at` in the current state. Returns the place behind the scanned bytes, as all scans below do. */
  #scanFrom(bytes: Buffer, at: number): number {
    if (this.#state === inValue) return this.#scanValue(bytes, at);
    if (this.#state === inString) {
      const end = this.#scanString(bytes, at + this.#toSkip);
      return end + (this.#state === inString ? 0 : 1);
    }
    if (this.#state === inNull) return this.#scanNull(bytes, at);
    return this.#state === atKey && bytes[at] === doubleQuote ? this.#scanKey(bytes, at) : this.#scanBetween(bytes, at);
  }

  /** Scans bytes between values. */
  #scanBetween(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length && (this.#state < inNull || this.#state === atKey || this.#state === atColon); at++) {
      const byte = bytes[at]!;
      if (byte === space || byte === tab || byte === carriageReturn) continue;
      if (byte === lineFeed) {
        if (this.#isLines && this.#state >= atKey) throw this.#malformed(at, 'the line ends inside an object');
        this.#line++;
      } else if (this.#state === atKey) {
        if (byte === doubleQuote) return at;
        if (byte !== closeBrace) throw this.#unexpected(bytes, at);
        this.#endValue();
      } else if (this.#state === atColon) {
        if (byte !== colon) throw this.#unexpected(bytes, at);
        this.#state = inValue;
        this.#depth = 0;
      } else this.#scanSign(bytes, at);
    }
    return at;
  }

  /** Scans a byte outside objects: a sign of the array around them, or the beginning of a value. */
  #scanSign(bytes: Buffer, at: number): void {
    const byte = bytes[at]!;
    const state = this.#state;
    if (state === atStart && byte === openBracket && !this.#isLines) {
      this.#isArray = true;
      this.#state = atValueOrEnd;
    } else if (byte === closeBracket && (state === atValueOrEnd || state === atCommaOrEnd)) this.#state = behindArray;
    else if (byte === comma && state === atCommaOrEnd) this.#state = atValue;
    else if (state === atCommaOrEnd || state === behindArray)
      throw this.#malformed(at, 'an unexpected character follows its array or a value in it');
    else this.#beginValue(bytes, at);
  }

  #beginValue(bytes: Buffer, at: number): void {
    const byte = bytes[at]!;
    if (this.#isLines && this.#lastLineWithValue === this.#line)
      throw this.#malformed(at, 'the line contains more than one object');
    this.#lastLineWithValue = this.#line;
    if (byte === openBrace) {
      this.#keys.beginObject();
      this.#objectStart = this.#bytesBefore + at;
      this.#state = atKey;
    } else if (byte === nullBytes[0]) {
      this.#nulls++;
      this.#matchedOfNull = 1;
      this.#state = inNull;
    } else throw this.#unexpected(bytes, at);
  }

  #endValue(): void {
    this.#state = this.#isArray ? atCommaOrEnd : atValue;
  }

  /** Scans a key, from its quote on. Returns the end of the bytes if the key continues behind them. */
  #scanKey(bytes: Buffer, from: number): number {
    const next = this.#keys.takeUsual(bytes, from);
    if (next !== -1) {
      this.#depth = 0;
      this.#state = inValue;
      return next;
    }
    for (let at = from + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === backslash) at++;
      else if (byte === lineFeed) throw this.#malformed(at, 'a string contains a line break');
      else if (byte === doubleQuote) {
        this.#keys.take(bytes, from + 1, at);
        this.#state = atColon;
        return at + 1;
      }
    }
    if (bytes.length - from > maxKeyBytes) throw this.#malformed(from, `a key is longer than ${maxKeyBytes} bytes`);
    this.#rest = Buffer.from(bytes.subarray(from));
    return bytes.length;
  }

  /** Scans the value of a key, up to the comma or brace behind it. A usual key behind a comma is scanned as well. */
  #scanValue(bytes: Buffer, from: number): number {
    let at = from;
    let open = this.#depth;
    const end = bytes.length;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (isSign[byte] === 0) continue;
      if (byte === doubleQuote) {
        do at++;
        while (at < end && endsRun[bytes[at]!] === 0);
        if (bytes[at] === doubleQuote) continue;
        at = this.#scanString(bytes, at);
        if (this.#state === inString) break;
      } else if (byte === lineFeed) {
        if (this.#isLines) throw this.#malformed(at, 'the line ends inside an object');
        this.#line++;
      } else if (byte === comma) {
        if (open > 0) continue;
        const next = this.#keys.takeUsual(bytes, at + 1);
        if (next === -1) {
          this.#state = atKey;
          return at + 1;
        }
        at = next - 1;
      } else if (byte === openBrace || byte === openBracket) open++;
      else if (open > 0) open--;
      else if (byte === closeBrace) {
        this.#checkObjectBytes(at + 1);
        this.#endValue();
        return at + 1;
      } else throw this.#malformed(at, 'a JSON object is not valid');
    }
    this.#depth = open;
    return at;
  }

  /** Scans a string, from behind its quote on. Returns the place of its closing quote, or one behind the bytes. */
  #scanString(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === doubleQuote) {
        this.#state = inValue;
        return at;
      }
      if (byte === backslash) at++;
      else if (byte === lineFeed) throw this.#malformed(at, 'a string contains a line break');
    }
    this.#state = inString;
    this.#toSkip = at - bytes.length;
    return at;
  }

  #scanNull(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length && this.#matchedOfNull < 4; at++, this.#matchedOfNull++)
      if (bytes[at] !== nullBytes[this.#matchedOfNull]) throw this.#malformed(at, 'a JSON object is not valid');
    if (this.#matchedOfNull === 4) this.#endValue();
    return at;
  }

  #checkObjectBytes(at: number): void {
    if (this.#state < atKey || this.#bytesBefore + at - this.#objectStart <= maxObjectBytes) return;
    throw this.#malformed(at, 'an object is larger than 16 MiB');
  }

  #unexpected(bytes: Buffer, at: number): SyncError {
    const byte = bytes[at]!;
    // UTF-16 begins with a mark, or has a NUL beside each letter.
    if (byte === 0 || byte >= 0xfe || bytes[at + 1] === 0) return notUtf8(this.#label, ` at line ${this.#line}`);
    if (isScalar[byte] === 1 && this.#state !== atKey && this.#state !== atColon)
      return this.#malformed(at, 'it contains values that are not JSON objects');
    return this.#malformed(at, 'a JSON object is not valid');
  }

  #malformed(at: number, fault: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${this.#label}: it is malformed at line ${this.#line} (byte ${this.#bytesBefore + at + 1}), because ${fault}.`,
      this.#isLines
        ? 'Write one JSON object on each line, in UTF-8.'
        : 'Write JSON objects, or one array of them, in UTF-8.',
    );
  }

  #cutOff(place: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${this.#label}: it is truncated at line ${this.#line} (byte ${this.#bytesBefore}), ${place}.`,
      'Check that the file was written and copied to its end.',
    );
  }
}

import { SyncError } from '../../errors.ts';
import { notUtf8 } from '../duckdb/errors.ts';

/** The contents of a JSON file, learnt from all of its bytes. */
export interface JsonContents {
  /** DuckDB's name of the format. */
  format: 'array' | 'newline_delimited' | 'unstructured';
  objects: number;
  /** Keys of the objects, each spelling once: all that are wanted, and up to 1,000 others. */
  keys: string[];
  nulls: number;
}

export interface JsonScan {
  /** Takes the next bytes of the file. Throws if they cannot belong to such a file. */
  scan(part: Uint8Array): void;
  /** The contents of the bytes taken so far. */
  contents(): JsonContents;
  /** Throws unless the bytes are a complete file. */
  end(): void;
}

export interface JsonScanOptions {
  /** The file's name in messages. */
  label: string;
  /** Whether each line must be one object, or null. Otherwise objects may follow each other, or stand in one array. */
  isLines: boolean;
  /** The keys that are to be read, in lower case. */
  wanted: ReadonlySet<string>;
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const firstOfNull = 0x6e;

/** Marks the bytes that mean something outside a string, in the value of a key. */
const isSign = new Uint8Array(256);
for (const sign of [quote, comma, openArray, closeArray, openObject, closeObject, lineFeed]) isSign[sign] = 1;

/** Marks the bytes that end a run of plain characters in a string. */
const endsRun = new Uint8Array(256);
for (const sign of [quote, backslash, lineFeed]) endsRun[sign] = 1;

/** Bytes that begin a value other than an object and null, which holds no columns. */
const isScalar = new Uint8Array(256);
for (const sign of '"-0123456789tf[') isScalar[sign.charCodeAt(0)] = 1;

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

const maxKeyBytes = 65_536;
/** DuckDB's own limit. */
const maxObjectBytes = 16 * 1024 * 1024;
const maxOtherKeys = 1_000;

interface Key {
  /** Its bytes in the file, from quote to quote, and a colon. */
  quoted: Buffer;
  isWanted: boolean;
  /** Number of the last object that had it. */
  lastObject: number;
}

/**
 * Reads a JSON file in one pass. The scan proves that the file is complete, and finds every key of its objects. DuckDB
 * does neither: it takes an array that is cut off behind a comma for a complete one, and knows the keys of a sample. The
 * values are left to DuckDB, which parses every object.
 */
export function createJsonScan({ label, isLines, wanted }: JsonScanOptions): JsonScan {
  let state = atStart;
  let isArray = false;
  /** Open braces and brackets inside the value of a key. */
  let depth = 0;
  let line = 1;
  let lastLineWithValue = 0;
  let matchedOfNull = 0;
  let bytesBefore = 0;
  let objects = 0;
  let objectStart = 0;
  let nulls = 0;
  /** Bytes of a key that the next part goes on with. */
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes to pass over at the beginning of the next part: one behind a backslash. */
  let toSkip = 0;
  const keys = new Map<string, Key>();
  let otherKeys = 0;
  /** The keys of an object by their place: the next object most often has the same. */
  const placed: Key[] = [];
  let place = 0;

  function malformed(at: number, what: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${label}: malformed at line ${line} (byte ${bytesBefore + at + 1}), ${what}.`,
      isLines ? 'Write one JSON object a line, in UTF-8.' : 'Write JSON objects, or one array of them, in UTF-8.',
    );
  }

  function cutOff(what: string): SyncError {
    return new SyncError(
      'source.malformed',
      `Cannot read ${label}: it is cut off at line ${line} (byte ${bytesBefore}), ${what}.`,
      'Check that the file was written and copied to its end.',
    );
  }

  function unexpected(bytes: Buffer, at: number): SyncError {
    const byte = bytes[at]!;
    // UTF-16 begins with a mark, or has a NUL beside each letter.
    if (byte === 0 || byte >= 0xfe || bytes[at + 1] === 0) return notUtf8(label, ` at line ${line}`);
    if (isScalar[byte] === 1 && state !== atKey && state !== atColon)
      return malformed(at, 'it holds no JSON objects but other values');
    return malformed(at, 'not a valid JSON object');
  }

  function beginValue(bytes: Buffer, at: number): void {
    const byte = bytes[at]!;
    if (isLines && lastLineWithValue === line) throw malformed(at, 'more than one object in the line');
    lastLineWithValue = line;
    if (byte === openObject) {
      objects++;
      objectStart = bytesBefore + at;
      place = 0;
      state = atKey;
    } else if (byte === firstOfNull) {
      nulls++;
      matchedOfNull = 1;
      state = inNull;
    } else throw unexpected(bytes, at);
  }

  function checkObjectBytes(at: number): void {
    if (state < atKey || bytesBefore + at - objectStart <= maxObjectBytes) return;
    throw malformed(at, 'an object of more than 16 MiB');
  }

  function endValue(): void {
    state = isArray ? atCommaOrEnd : atValue;
  }

  function addKey(bytes: Buffer, at: number): Key {
    let name: string;
    try {
      name = JSON.parse(`"${bytes.toString()}"`);
    } catch {
      throw malformed(at, 'not a valid JSON object');
    }
    const isWanted = wanted.has(name.toLowerCase());
    const known = keys.get(name);
    const quoted = Buffer.concat([quoteByte, bytes, quoteByte, colonByte]);
    const key = { quoted, isWanted, lastObject: known?.lastObject ?? 0 };
    if (known === undefined && !isWanted && otherKeys++ >= maxOtherKeys) return key;
    if (known === undefined) keys.set(name, key);
    return known ?? key;
  }

  function foundKey(bytes: Buffer, from: number, to: number): void {
    const key = addKey(bytes.subarray(from, to), from);
    placed[place] = key;
    tookKey(key, from);
  }

  function tookKey(key: Key, from: number): void {
    place++;
    if (key.isWanted && key.lastObject === objects)
      throw malformed(from, 'a key that is read stands twice in an object');
    key.lastObject = objects;
  }

  /** Bytes between values. Returns the place behind those that it took. */
  function scanBetween(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length && (state < inNull || state === atKey || state === atColon); at++) {
      const byte = bytes[at]!;
      if (byte === space || byte === tab || byte === carriageReturn) continue;
      if (byte === lineFeed) {
        if (isLines && state >= atKey) throw malformed(at, 'the line ends inside an object');
        line++;
      } else if (state === atKey) {
        if (byte === quote) return at;
        if (byte !== closeObject) throw unexpected(bytes, at);
        endValue();
      } else if (state === atColon) {
        if (byte !== colon) throw unexpected(bytes, at);
        state = inValue;
        depth = 0;
      } else if (state === atStart && byte === openArray && !isLines) {
        isArray = true;
        state = atValueOrEnd;
      } else if (byte === closeArray && (state === atValueOrEnd || state === atCommaOrEnd)) state = behindArray;
      else if (byte === comma && state === atCommaOrEnd) state = atValue;
      else if (state === atCommaOrEnd || state === behindArray) throw malformed(at, 'the array goes on in another way');
      else beginValue(bytes, at);
    }
    return at;
  }

  /** The key that the object before had in this place. Returns the place behind its colon, or undefined for another. */
  function scanUsualKey(bytes: Buffer, from: number): number | undefined {
    const usual = placed[place];
    const start = bytes[from] === space ? from + 1 : from;
    if (usual === undefined || !beginsWith(bytes, start, usual.quoted)) return undefined;
    tookKey(usual, start);
    return start + usual.quoted.length;
  }

  /** A key, from its quote on. Returns the place behind it, or the end of the bytes when it goes on behind them. */
  function scanKey(bytes: Buffer, from: number): number {
    const next = scanUsualKey(bytes, from);
    if (next !== undefined) {
      depth = 0;
      state = inValue;
      return next;
    }
    for (let at = from + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === backslash) at++;
      else if (byte === lineFeed) throw malformed(at, 'a line break inside a string');
      else if (byte === quote) {
        foundKey(bytes, from + 1, at);
        state = atColon;
        return at + 1;
      }
    }
    if (bytes.length - from > maxKeyBytes) throw malformed(from, `a key of more than ${maxKeyBytes} bytes`);
    rest = Buffer.from(bytes.subarray(from));
    return bytes.length;
  }

  /** The value of a key, up to the comma or brace behind it. */
  function scanValue(bytes: Buffer, from: number): number {
    let at = from;
    let open = depth;
    const end = bytes.length;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (isSign[byte] === 0) continue;
      if (byte === quote) {
        do at++;
        while (at < end && endsRun[bytes[at]!] === 0);
        if (bytes[at] === quote) continue;
        at = scanString(bytes, at);
        if (state === inString) break;
      } else if (byte === lineFeed) {
        if (isLines) throw malformed(at, 'the line ends inside an object');
        line++;
      } else if (byte === comma) {
        if (open > 0) continue;
        const next = scanUsualKey(bytes, at + 1);
        if (next === undefined) {
          state = atKey;
          return at + 1;
        }
        at = next - 1;
      } else if (byte === openObject || byte === openArray) open++;
      else if (open > 0) open--;
      else if (byte === closeObject) {
        checkObjectBytes(at + 1);
        endValue();
        return at + 1;
      } else throw malformed(at, 'not a valid JSON object');
    }
    depth = open;
    return at;
  }

  /** A string, from behind its quote on. Returns the place of its closing quote, or one behind the bytes. */
  function scanString(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        state = inValue;
        return at;
      }
      if (byte === backslash) at++;
      else if (byte === lineFeed) throw malformed(at, 'a line break inside a string');
    }
    state = inString;
    toSkip = at - bytes.length;
    return at;
  }

  function scanNull(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length && matchedOfNull < 4; at++, matchedOfNull++)
      if (bytes[at] !== 'null'.charCodeAt(matchedOfNull)) throw malformed(at, 'not a valid JSON object');
    if (matchedOfNull === 4) endValue();
    return at;
  }

  function scanFrom(bytes: Buffer, at: number): number {
    if (state === inValue) return scanValue(bytes, at);
    if (state === inString) {
      const end = scanString(bytes, at + toSkip);
      return end + (state === inString ? 0 : 1);
    }
    if (state === inNull) return scanNull(bytes, at);
    return state === atKey && bytes[at] === quote ? scanKey(bytes, at) : scanBetween(bytes, at);
  }

  return {
    scan(part) {
      const bytes = rest.length === 0 ? viewOf(part) : Buffer.concat([rest, part]);
      bytesBefore -= rest.length;
      rest = Buffer.alloc(0);
      let at = bytesBefore === 0 && bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
      while (at < bytes.length) at = scanFrom(bytes, at);
      checkObjectBytes(bytes.length);
      bytesBefore += bytes.length;
    },
    contents() {
      const format = isArray ? 'array' : isLines ? 'newline_delimited' : 'unstructured';
      return { format, objects, nulls, keys: [...keys.keys()] };
    },
    end() {
      if (isArray && state !== behindArray) throw cutOff('before its array is closed');
      if (state >= inNull) throw cutOff('inside an object');
    },
  };
}

const byteOrderMark = Buffer.from('\ufeff');

const quoteByte = Buffer.from('"');
const colonByte = Buffer.from(':');

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function beginsWith(bytes: Buffer, from: number, wanted: Buffer): boolean {
  if (from + wanted.length > bytes.length) return false;
  for (let index = 1; index < wanted.length; index++) if (bytes[from + index] !== wanted[index]) return false;
  return true;
}

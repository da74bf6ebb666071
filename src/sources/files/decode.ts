import { isUtf8 } from 'node:buffer';
import type { Encoding } from './encodings.ts';
import { beginsAsUtf8, beginsAsUtf16, utf16Order } from './encodings.ts';

/** Reports bytes that are not in the expected encoding. `findEncodingFault` finds their line. */
export class NotDecodable extends Error {}

/** Bytes that tell how a file is written: enough for a byte order mark and the NULs of UTF-16. */
const headBytes = 1024;

/**
 * Yields text in `encoding` as UTF-8, which may begin with a byte order mark, whole characters at a time. Throws
 * `NotDecodable` at the first byte that is wrong in that encoding, and at a character that the end cuts off.
 */
export async function* toUtf8(parts: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  if (encoding === 'utf-8') return yield* checkUtf8(parts);
  let decoder: StrictDecoder | undefined;
  for await (const part of withHead(parts)) {
    decoder ??= createStrictDecoder(encoding, part);
    yield Buffer.from(decoder.decode(part));
  }
  decoder?.end();
}

async function* checkUtf8(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  let cutCharacter = Buffer.alloc(0);
  for await (const part of withHead(parts)) {
    if (isFirst && beginsAsUtf16(part)) throw new NotDecodable();
    isFirst = false;
    const bytes = cutCharacter.length === 0 ? part : Buffer.concat([cutCharacter, part]);
    const end = endOfCharacters(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw new NotDecodable();
    cutCharacter = Buffer.from(bytes.subarray(end));
    yield whole;
  }
  if (cutCharacter.length > 0) throw new NotDecodable();
}

/** Returns the end of the last whole UTF-8 character. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Yields the same bytes, the first `headBytes` of them in one part. */
export async function* withHead(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const part of parts) {
    if (head === undefined) yield part;
    else {
      head = Buffer.concat([head, part]);
      if (head.length < headBytes) continue;
      yield head;
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}

export interface StrictDecoder {
  /** Throws `NotDecodable`. */
  decode(part: Uint8Array): string;
  /** Throws `NotDecodable` when the text ends within a character. */
  end(): string;
}

/** Creates a decoder for a text that begins with `head`. */
export function createStrictDecoder(encoding: Encoding, head: Uint8Array): StrictDecoder {
  if (encoding === 'utf-8' ? beginsAsUtf16(head) : beginsAsUtf8(head)) return { decode: refuse, end: refuse };
  const decoder = new TextDecoder(encoding === 'utf-16' ? utf16Order(head) : encoding, { fatal: true });
  const decode = (part?: Uint8Array) => {
    try {
      return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true });
    } catch {
      return refuse();
    }
  };
  return {
    decode: (part) => correct(decode(part), encoding),
    end: () => correct(decode(), encoding),
  };
}

function refuse(): never {
  throw new NotDecodable();
}

/** Control characters that ICU's converter of Shift_JIS exchanges, as IBM's mainframes do. */
const exchanged: Record<string, string> = { '\x1a': '\x7f', '\x1c': '\x1a', '\x7f': '\x1c' };

/** Corrects the differences between ICU's converters and the encodings as they are used on Windows and the Web. */
function correct(text: string, encoding: Encoding): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters in question.
  if (encoding === 'shift_jis') return text.replace(/[\x1a\x1c\x7f]/g, (control) => exchanged[control]!);
  // Bytes without a meaning pass ICU as the control characters U+0080 to U+009F, and FF of Big5 as U+F8F8.
  const hasC1 = encoding === 'euc-jp' || encoding === 'big5' || encoding === 'windows-874';
  return hasC1 && /[\x80-\x9f\uf8f8]/.test(text) ? refuse() : text;
}

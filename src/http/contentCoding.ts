import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Dispatcher } from 'undici';

/** A content coding that cannot be undone. */
export class UnknownCoding extends Error {
  readonly coding: string;

  constructor(coding: string) {
    super(`The content coding ${coding} is not known.`);
    this.coding = coding;
  }
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** An honest server applies one. */
const maxCodings = 3;

/** The codings of an answer in the order in which they were applied. */
export function codingsOf(headers: Dispatcher.ResponseData['headers']): string[] {
  const names = String(headers['content-encoding'] ?? '').split(',');
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '' && name !== 'identity');
}

/** Returns the body of an answer without its codings, including those that were not requested. Throws `UnknownCoding`. */
export function decodedBody({ headers, body }: Pick<Dispatcher.ResponseData, 'headers' | 'body'>): Readable {
  const codings = codingsOf(headers);
  if (codings.length === 0) return body;
  const unknown = codings.length > maxCodings ? codings[maxCodings] : codings.find((name) => !isKnown(name));
  if (unknown !== undefined) {
    body.on('error', () => {}).destroy();
    throw new UnknownCoding(/^[a-z\d-]{1,20}$/.test(unknown) ? unknown : 'with a strange name');
  }
  const [first, ...others] = codings.reverse().map((name) => decoders[name]!());
  // An error of any stage ends the last one, too.
  return pipeline([body, first!, ...others], () => {}) as unknown as Readable;
}

function isKnown(coding: string): boolean {
  return Object.hasOwn(decoders, coding);
}

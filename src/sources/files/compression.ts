import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { SyncError, systemErrorCode } from '../../errors.ts';

export function isCompressed(file: string): boolean {
  return /\.(gz|zst)$/i.test(file);
}

/** Takes off what the ending of the file tells: gzip, zstd or nothing. */
export function createDecompressor(file: string) {
  if (/\.gz$/i.test(file)) return createGunzip();
  return isCompressed(file) ? createZstdDecompress() : new PassThrough();
}

/**
 * Reads a compressed file to its end once and throws `source.malformed` when it is cut off or damaged. DuckDB checks
 * neither end nor checksum, and would read the half of a file as a whole one: half of an audience would be removed.
 */
export async function checkCompressed(file: string): Promise<void> {
  if (!isCompressed(file)) return;
  try {
    await readDecompressed(file, () => {});
  } catch (error) {
    // What the system refuses, DuckDB meets and tells next.
    if (!(error instanceof SyncError && error.code === 'source.unreadable')) throw error;
  }
}

const readBytes = 1 << 20;

/**
 * Hands over the contents of a file, plain or compressed, part by part. Throws `source.malformed` if compressed data is
 * cut off or damaged, `source.unreadable` if the system refuses to read it.
 */
export async function readDecompressed(
  file: string,
  take: (part: Buffer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = createReadStream(file, { highWaterMark: readBytes, ...(signal !== undefined && { signal }) });
  const takeAll = async (parts: AsyncIterable<Buffer>) => {
    for await (const part of parts) take(part);
  };
  try {
    await (isCompressed(file) ? pipeline(bytes, createDecompressor(file), takeAll) : pipeline(bytes, takeAll));
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof SyncError || code === undefined) throw error;
    throw /^E[A-Z]+$/.test(code) ? unreadable(file, code) : damaged(file);
  }
}

function damaged(file: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read the file ${file}: its compressed data is cut off or damaged.`,
    'Check that the file was written and copied to its end, and make it anew.',
  );
}

function unreadable(file: string, code: string): SyncError {
  return new SyncError(
    'source.unreadable',
    `Cannot read the file ${file} (${code}).`,
    'Check that it exists and that this user may read it.',
  );
}

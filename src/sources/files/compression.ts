import { createReadStream } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { SyncError, systemErrorCode } from '../../errors.ts';

function isCompressed(file: string): boolean {
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
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(file), createDecompressor(file), nowhere);
  } catch (error) {
    // What the system refuses, DuckDB meets and tells next.
    if (/^E[A-Z]+$/.test(systemErrorCode(error) ?? '')) return;
    throw new SyncError(
      'source.malformed',
      `Cannot read the file ${file}: its compressed data is cut off or damaged.`,
      'Check that the file was written and copied to its end, and make it anew.',
    );
  }
}

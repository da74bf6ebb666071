import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { SyncError, systemErrorCode } from '../../errors.ts';

/** Bytes that one read of a file asks for. */
const readBytes = 256 * 1024;

export function isCompressed(file: string): boolean {
  return /\.(gz|zst)$/i.test(file);
}

/**
 * Yields a file's bytes without the compression that its name ends with (gzip, zstd or none), in memory that is used
 * again. Throws `source.malformed` when compressed data is cut off or damaged, or when the file changes meanwhile.
 */
export async function* readFileBytes(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const before = await handle.stat();
    yield* decompress(handle, file, before.size);
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changedMeanwhile(file);
  } catch (error) {
    throw error instanceof SyncError ? error : unreadable(file, error);
  } finally {
    await handle.close();
  }
}

function decompress(handle: FileHandle, file: string, size: number): AsyncIterable<Uint8Array> {
  if (!isCompressed(file)) return readPlain(handle);
  return /\.gz$/i.test(file) ? throughDecompressor(handle, createGunzip(), 0) : readZstd(handle, size);
}

async function* readPlain(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(readBytes);
  for (;;) {
    const { bytesRead } = await handle.read(memory, 0, readBytes);
    if (bytesRead === 0) return;
    yield memory.subarray(0, bytesRead);
  }
}

/** Reads every zstd frame: Node's decompressor stops at the end of the first one without a word. */
async function* readZstd(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  let start = 0;
  do {
    const decompressor = createZstdDecompress();
    yield* throughDecompressor(handle, decompressor, start);
    start += decompressor.bytesWritten;
  } while (start < size);
}

function throughDecompressor(
  handle: FileHandle,
  decompressor: ReturnType<typeof createGunzip | typeof createZstdDecompress>,
  start: number,
): AsyncIterable<Uint8Array> {
  const compressed = handle.createReadStream({ start, autoClose: false, highWaterMark: readBytes });
  // A failure is met by the reader of the decompressor.
  return pipeline(compressed, decompressor, () => {});
}

/** The error for a file or folder that the system refuses, or whose compression is damaged. */
export function unreadable(file: string, error: unknown): SyncError {
  const code = systemErrorCode(error) ?? '';
  if (code === 'ENOENT')
    return new SyncError(
      'source.not_found',
      `Cannot read the file ${file}: it does not exist, or is a link to a file that does not exist.`,
      'Check the path. A relative path starts at the working directory.',
    );
  if (/^E[A-Z0-9]+$/.test(code))
    return new SyncError(
      'source.unreadable',
      `Cannot read ${file} (${code}).`,
      'Check the disk, and that this user may read the file or folder.',
    );
  return new SyncError(
    'source.malformed',
    `Cannot read the file ${file}: its compressed data is truncated or damaged.`,
    'Check that the file was written and copied to its end, or write it again.',
  );
}

export function changedMeanwhile(file: string): SyncError {
  return new SyncError(
    'source.malformed',
    `Cannot read the file ${file}: it changed while it was read.`,
    'Run again when the file is complete. Write files under another name, and rename them when they are complete.',
  );
}

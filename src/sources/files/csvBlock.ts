/** The longest record that a CSV file may have, its line end included. */
export const maxRecordBytes = 16 * 1024 * 1024;

/** Enough for many records, and little enough for a processor's cache. */
const blockBytes = 256 * 1024;

/** A part of a file that begins with a record. */
export interface CsvBlock {
  /** Has one byte of room behind `length` at least. */
  bytes: Buffer;
  length: number;
  /** True when the file ends with this block. */
  isLast: boolean;
  /** Reads on behind `length` until the block is full or the file ends. */
  fill(): Promise<void>;
  /**
   * Gives up the first `count` bytes. The block doubles when more than half of it is left, so that the time for a long
   * record is linear in its length. Returns false when the record that is left is longer than `maxRecordBytes`.
   */
  drop(count: number): boolean;
}

export function createCsvBlock(parts: AsyncIterator<Uint8Array>): CsvBlock {
  let part: Uint8Array = new Uint8Array();
  const block: CsvBlock = {
    bytes: Buffer.allocUnsafeSlow(blockBytes + 1),
    length: 0,
    isLast: false,
    async fill() {
      while (!block.isLast && block.length < capacity()) {
        if (part.length === 0) {
          const next = await parts.next();
          if (next.done === true) block.isLast = true;
          else part = next.value;
        }
        const taken = part.subarray(0, capacity() - block.length);
        block.bytes.set(taken, block.length);
        block.length += taken.length;
        part = part.subarray(taken.length);
      }
    },
    drop(count) {
      const left = block.bytes.subarray(count, block.length);
      if (left.length === maxRecordBytes) return false;
      let size = blockBytes;
      while (left.length > size / 2 && size < maxRecordBytes) size *= 2;
      const target = size === capacity() ? block.bytes : Buffer.allocUnsafeSlow(size + 1);
      target.set(left);
      block.bytes = target;
      block.length = left.length;
      return true;
    },
  };

  function capacity(): number {
    return block.bytes.length - 1;
  }

  return block;
}

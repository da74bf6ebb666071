import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createDecompressor } from './compression.ts';

/** The first line of a text file, plain or compressed, that is not UTF-8, counted from 1; undefined when all are. */
export function findLineNotUtf8(file: string): Promise<number | undefined> {
  return pipeline(createReadStream(file), createDecompressor(file), findInParts);
}

async function findInParts(parts: AsyncIterable<Buffer>): Promise<number | undefined> {
  let found: number | undefined;
  let linesBefore = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    // Read to the end all the same: a pipeline that is left early fails.
    if (found !== undefined) continue;
    const text = Buffer.concat([rest, part]);
    const end = text.lastIndexOf(text.includes('\n') ? '\n' : '\r') + 1;
    const lines = splitLines(text.subarray(0, end));
    if (!isUtf8(text.subarray(0, end))) found = linesBefore + firstNotUtf8(lines);
    linesBefore += lines.length - 1;
    rest = text.subarray(end);
  }
  return found ?? (isUtf8(rest) ? undefined : linesBefore + 1);
}

function splitLines(text: Buffer): string[] {
  return text.toString('latin1').split(/\r\n|\r|\n/);
}

function firstNotUtf8(lines: readonly string[]): number {
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1;
}

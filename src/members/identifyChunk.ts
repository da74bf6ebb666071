import { isAscii } from 'node:buffer';
import { createIdentify, type IdentifyRules } from '../identifiers/identify.ts';
import type { RejectCode } from '../identifiers/rejects.ts';
import { shapeOf } from '../identifiers/shape.ts';
import type { Chunk, ChunkColumn } from '../sources/source.ts';

/** A reject as the report may show it: never the value. */
export interface RejectExample {
  code: RejectCode;
  /** Counted from 0 in the chunk. */
  row: number;
  /** Position of the column in the chunk. */
  column: number;
  shape: string;
}

export interface IdentifiedChunk {
  rows: number;
  values: number;
  empty: number;
  rejects: Partial<Record<RejectCode, number>>;
  examples: RejectExample[];
  /** One record a member, in the order of the values; twins included. */
  records: Uint8Array<ArrayBuffer>;
}

/** Most examples of one code that a report shows. */
export const examplesPerCode = 5;

/** What the values of a chunk are: the records of its members, and an account of every other cell. */
export function identifyChunk(chunk: Chunk, rules: IdentifyRules): IdentifiedChunk {
  const { identify, recordBytes } = createIdentify(rules);
  const lines = chunk.columns.reduce((sum, column) => sum + countLines(column.lines), 0);
  const records = Buffer.from(new ArrayBuffer(lines * recordBytes));
  const result = { rows: 0, values: 0, empty: 0, rejects: {}, examples: [] } as Omit<IdentifiedChunk, 'records'>;
  let bytes = 0;
  chunk.columns.forEach((column, position) => {
    let line = 0;
    for (const value of valuesOf(column)) {
      const outcome = identify(value, records, bytes);
      if (outcome === 'member') bytes += recordBytes;
      else if (outcome === 'empty') result.empty++;
      else addReject(result, { code: outcome, row: column.rowIndex?.[line] ?? line, column: position }, value);
      line++;
    }
    result.rows = column.rowIndex === undefined ? line : (column.rowIndex.at(-1) ?? -1) + 1;
    result.values += line;
  });
  result.values -= result.empty;
  return { ...result, records: new Uint8Array(records.buffer.transfer(bytes)) };
}

function addReject(
  result: Omit<IdentifiedChunk, 'records'>,
  reject: Omit<RejectExample, 'shape'>,
  value: string,
): void {
  const count = (result.rejects[reject.code] ?? 0) + 1;
  result.rejects[reject.code] = count;
  if (count <= examplesPerCode) result.examples.push({ ...reject, shape: shapeOf(value) });
}

function countLines(lines: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < lines.length; at++) if (lines[at] === 0x0a) count++;
  return count;
}

/** The lines as text. Latin-1 keeps bytes and characters in step, so only lines that are not ASCII are decoded twice. */
function* valuesOf(column: ChunkColumn): Generator<string> {
  const bytes = Buffer.from(column.lines.buffer, column.lines.byteOffset, column.lines.length);
  const text = bytes.toString('latin1');
  const isPlain = isAscii(bytes);
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end);
    yield isPlain || !/[\x80-\xff]/.test(line) ? line : bytes.toString('utf8', at, end);
    at = end + 1;
  }
}

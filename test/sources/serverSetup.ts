import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { ColumnChoice, Source, WantedColumns } from '../../src/sources/source.ts';

/*
 * For tests of sources that ask a server: a local one that speaks its wire format, not the real engine.
 */

const disposals: (() => unknown)[] = [];

/** Called after the test, the last first. */
export function afterThisTest(dispose: () => unknown): void {
  disposals.unshift(dispose);
}

/** Frees what the tests of a file have opened, each after the test that did. */
export function freeAfterEachTest(): void {
  afterEach(async () => {
    for (const dispose of disposals.splice(0)) await dispose();
  });
}

/** Resolves with the origin of a server that only this machine reaches; it ends with the test, and all its connections. */
export async function listenUntilEnd(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterThisTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function all(...names: string[]): ColumnChoice {
  return { names, required: 'all' };
}

export function wantedOf(...names: string[]): WantedColumns {
  return { choices: [all(...names)] };
}

export interface ReadRows {
  /** For each column its lines. */
  values: string[][];
  /** For each column the row of each line, counted from 0 over all chunks. */
  rows: number[][];
  keys: string[];
}

/** All that a source gives. */
export async function readRows(source: Source, signal = new AbortController().signal): Promise<ReadRows> {
  const read: ReadRows = { values: source.columns.map(() => []), rows: source.columns.map(() => []), keys: [] };
  let before = 0;
  for await (const { columns, key } of source.chunks(signal)) {
    let count = 0;
    columns.forEach(({ lines, rowIndex }, column) => {
      const texts = linesIn(lines);
      texts.forEach((text, at) => {
        read.values[column]!.push(text);
        read.rows[column]!.push(before + (rowIndex?.[at] ?? at));
      });
      count = Math.max(count, (rowIndex?.at(-1) ?? texts.length - 1) + 1);
    });
    if (key !== undefined) read.keys.push(...linesIn(key));
    before += count;
  }
  return read;
}

function linesIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString();
  if (text !== '' && !text.endsWith('\n')) throw new Error('lines do not end with a line feed');
  return text.split('\n').slice(0, -1);
}

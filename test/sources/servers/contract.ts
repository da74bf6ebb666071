import { describe, expect, test } from 'vitest';
import type { Source, WantedColumns } from '../../../src/sources/source.ts';
import { afterThisTest, all, wantedOf } from '../serverSetup.ts';
import { allTextOf, readAll, syncErrorOf } from '../sourceSetup.ts';

/*
 * The cases that every source on a server must pass. Each engine's test file calls `describeServerSource` with an
 * engine, and adds the cases that are its own.
 */

/** Stands in values, names and passwords that no error may show. */
export const planted = 'jane.planted@example.com';

/** A row of the table that engines serve. Absent cells are null. */
export interface Row {
  email?: string;
  phone?: string;
  id?: string;
  land?: string;
  emails?: readonly string[];
  /** A position in the engine's `times`. */
  seen?: number;
}

/** `silent`: never answers. `stall` and `break`: stops answering, or breaks the connection, after the first rows. */
export type Fault = 'silent' | 'stall' | 'break';

export interface ServerRequest {
  wanted: WantedColumns;
  rows?: readonly Row[];
  fault?: Fault;
  idleTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface Served {
  opening: Promise<Source>;
  /** The statements that read rows, where the server keeps them. */
  readings?(): readonly string[];
  /** Resolves when the server has been asked for the answer that `silent` or `stall` holds back. */
  asked: Promise<void>;
  /** Resolves when the server sees that the client left in the middle of an answer, where it can tell. */
  leftByClient?: Promise<void>;
}

export interface ServerEngine {
  name: string;
  /** Serves the rows and opens a source on them. */
  serve(request: ServerRequest): Promise<Served>;
  /** The spelling of the table's columns. */
  spelling(name: string): string;
  /** Values of the column `seen` as the source gives them, in their order. */
  times: readonly [string, string, string];
  /** Part of the statement that reads a list. Absent for an engine without lists. */
  listSql?: string;
  /** Opens a source on a port without a listener. */
  openNowhere(): Promise<Source>;
  /** Requests that the server refuses, each of which `planted` stands in where it can. */
  refusals: readonly Refusal[];
}

export interface Refusal {
  what: string;
  code: string;
  told: RegExp;
  open(): Promise<unknown>;
}

const email = wantedOf('email');

export function describeServerSource(engine: ServerEngine): void {
  async function open(request: ServerRequest): Promise<{ source: Source; served: Served }> {
    const served = await engine.serve(request);
    const source = await served.opening;
    afterThisTest(() => source[Symbol.asyncDispose]());
    return { source, served };
  }

  const reason = new Error('stopped by the test');

  describe(`${engine.name} as a source on a server`, () => {
    test('reads values of all kinds', async () => {
      const values = [
        'jane@example.com',
        'a\tb',
        'back\\slash',
        "it's",
        '"quoted"',
        'two\nlines',
        'cr\rhere',
        '',
        'é😀',
      ];
      const { source } = await open({ wanted: email, rows: [...values.map((value) => ({ email: value })), {}] });
      const { values: read } = await readAll(source);
      expect(source.columns).toEqual([engine.spelling('email')]);
      expect(read[0]).toEqual([...values.map((value) => value.replace('\n', '\r')), '']);
    });

    test('gives two readers their columns by one statement, with the key behind them', async () => {
      const rows = [
        { email: 'a@example.com', phone: '090-1', id: '1' },
        { phone: '090-2', id: '2' },
      ];
      const wanted = { choices: [all('email'), all('phone', 'EMAIL')], key: 'id' };
      const { source, served } = await open({ wanted, rows });
      const { values, keys } = await readAll(source);
      expect(source.choices).toEqual([{ identifiers: [0] }, { identifiers: [1, 0] }]);
      expect(values).toEqual([
        ['a@example.com', ''],
        ['090-1', '090-2'],
      ]);
      expect(keys).toEqual(['1', '2']);
      expect(served.readings?.() ?? [1]).toHaveLength(1);
    });

    test('gives the country column with the identifiers, before the key', async () => {
      const rows = [
        { phone: '090-1', land: 'JP', id: '1' },
        { phone: '081-2', id: '2' },
      ];
      const wanted = { choices: [{ ...all('phone'), country: 'land' }], key: 'id' };
      const { source } = await open({ wanted, rows });
      const { values, keys } = await readAll(source);
      expect(source.choices).toEqual([{ identifiers: [0], country: 1 }]);
      expect(values).toEqual([
        ['090-1', '081-2'],
        ['JP', ''],
      ]);
      expect(keys).toEqual(['1', '2']);
    });

    if (engine.listSql !== undefined)
      test('gives a list as a line for each element', async () => {
        const rows = [{ emails: ['a@example.com', 'b@example.com'] }, {}, { emails: ['c@example.com'] }];
        const { source, served } = await open({ wanted: wantedOf('emails'), rows });
        const { values, rows: rowOfLine } = await readAll(source);
        expect(values[0]).toEqual(['a@example.com', 'b@example.com', '', 'c@example.com']);
        expect(rowOfLine[0]).toEqual([0, 0, 1, 2]);
        expect(served.readings?.().at(-1) ?? engine.listSql).toContain(engine.listSql);
      });

    test('gives the greatest value of a cursor, and the rows behind a given one', async () => {
      const rows = [0, 1, 2].map((seen) => ({ email: `${seen}@example.com`, seen }));
      const read = async (after: string | null) => {
        const served = await engine.serve({ wanted: { ...email, cursor: { column: 'seen', after } }, rows });
        await using source = await served.opening;
        return { cursor: source.cursor, emails: (await readAll(source)).values[0] };
      };
      const [, , last] = engine.times;
      expect(await read(null)).toEqual({ cursor: last, emails: ['0@example.com', '1@example.com', '2@example.com'] });
      expect((await read(engine.times[0])).emails).toEqual(['1@example.com', '2@example.com']);
      expect((await read(last)).emails).toEqual([]);
    });

    test('has no cursor without rows', async () => {
      const { source } = await open({ wanted: { ...email, cursor: { column: 'id', after: null } } });
      expect(source.cursor).toBeNull();
    });

    test.each(['emial', 'shape'])('refuses the column %s before it reads a row', async (column) => {
      const served = await engine.serve({ wanted: wantedOf(column) });
      const error = await syncErrorOf(served.opening);
      expect(error.code).toBe('source.column_missing');
      expect(served.readings?.() ?? []).toEqual([]);
    });

    test('is unreachable where nothing listens', async () => {
      const error = await syncErrorOf(engine.openNowhere());
      expect(error.code).toBe('source.unreachable');
      expect(error.message).toMatch(/127\.0\.0\.1:1\b|ECONNREFUSED/);
    });

    test.each(engine.refusals.map((refusal) => [refusal.what, refusal] as const))(
      'tells what is wrong by code and shows no value: %s',
      async (_, { code, told, open: refused }) => {
        const error = await syncErrorOf(refused());
        expect([error.code, error.message]).toEqual([code, expect.stringMatching(told)]);
        expect(error.hint).not.toBe('');
        expect(allTextOf(error)).not.toMatch(/planted|MARKED/);
      },
    );

    test('gives up a server that goes silent in the middle', async () => {
      const { source, served } = await open({ wanted: email, fault: 'stall', idleTimeoutMs: 200 });
      const error = await syncErrorOf(readAll(source));
      expect(error.code).toBe('source.interrupted');
      expect(error.message).toMatch(/while it worked on the .*\(silent for 0\.2 s\)/);
      await served.leftByClient;
    });

    test('fails a read whose connection breaks', async () => {
      const { source } = await open({ wanted: email, fault: 'break' });
      const error = await syncErrorOf(readAll(source));
      expect(error.code).toBe('source.interrupted');
      expect(error.message).toContain('while it worked on the ');
    });

    test('ends the opening with the reason of an abort', async () => {
      const stop = new AbortController();
      const served = await engine.serve({ wanted: email, fault: 'silent', signal: stop.signal });
      void served.asked.then(() => stop.abort(reason));
      await expect(served.opening).rejects.toBe(reason);
      await served.leftByClient;
    });

    test('ends the reading with the reason of an abort', async () => {
      const { source, served } = await open({ wanted: email, fault: 'stall' });
      const stop = new AbortController();
      void served.asked.then(() => stop.abort(reason));
      await expect(readAll(source, stop.signal)).rejects.toBe(reason);
      await served.leftByClient;
    });
  });
}

/**
 * Returns the rows that a stand-in for a server answers with, as it understands no SQL: the wanted columns in the order
 * of the statement, lists with their elements separated, and only rows behind the wanted cursor.
 */
export function answeredRows(request: ServerRequest, times: readonly string[]): (string | null)[][] {
  const { rows = [], wanted } = request;
  const { choices, key, cursor } = wanted;
  const names = choices.flatMap((choice) => [...choice.names, choice.country ?? []].flat());
  const columns = [...new Set(names.map((name) => name.toLowerCase())), key ?? []].flat() as (keyof Row)[];
  const after = times.indexOf(cursor?.after ?? '');
  return rows
    .filter(({ seen = times.length }) => seen > after)
    .map((row) => columns.map((column) => cellText(row[column], times)));
}

function cellText(cell: Row[keyof Row], times: readonly string[]): string | null {
  if (cell === undefined) return null;
  if (typeof cell === 'number') return times[cell]!;
  return typeof cell === 'string' ? cell : cell.join('\x1e');
}

/** The greatest `seen` of the rows as their text. Undefined without rows. */
export function greatestTime({ rows = [] }: ServerRequest, times: readonly string[]): string | undefined {
  return times[Math.max(...rows.map(({ seen = -1 }) => seen), -1)];
}

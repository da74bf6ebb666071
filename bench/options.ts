import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Case, crossCases, guardCases, publishedCases, sources, types } from './cases.ts';

/** The options of the command line. */
export interface Options {
  kind: 'help' | 'show' | 'guard' | 'measure';
  cases: readonly Case[];
  repeat: number;
  /** The folder of the generated data. */
  dataFolder: string;
  /** The folder of results.json and chart.svg. Undefined: they are not written. */
  outFolder: string | undefined;
}

export const help = `npm run bench [-- OPTIONS]

Runs line-ads-sync and naive programs for the same work on the same data, in turns, and prints their times.
Without a choice of cases it measures the cases of docs/speed.md (half an hour, 7 GB of disk) and writes them to bench/.

  --rows 1m,500k            number of rows; k and m are thousands and millions     (with any choice: 1m)
  --sources parquet,csv     of ${sources.join(', ').padEnd(40)}            (with any choice: all)
  --types email,ifa         of ${types.join(', ').padEnd(40)}            (with any choice: all)
  --repeat 3                runs of each program; medians are shown
  --out FOLDER              folder for results.json and chart.svg      (bench/ without a choice of cases; else no files)
  --data FOLDER             folder of the generated data, which is used again                  (default: bench/.data)
  --guard                   measures 500 k rows and fails if a ratio is below half of that in bench/results.json
  --show                    prints bench/results.json again and, with --out, draws the chart from it; measures nothing
  --help

Examples:
  npm run bench -- --rows 100k                          every source and type, in two minutes
  npm run bench -- --rows 1m --sources csv --types email
  npm run bench -- --guard

PostgreSQL is that of DATABASE_URL, else of PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, else
postgres://postgres@127.0.0.1:5432/test. The table line_ads_sync_bench is created and dropped. Without a server, these
cases are skipped.
`;

/** Reads the arguments. Throws an error that names an invalid one. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      sources: { type: 'string' },
      types: { type: 'string' },
      repeat: { type: 'string', default: '3' },
      out: { type: 'string' },
      data: { type: 'string', default: join(import.meta.dirname, '.data') },
      guard: { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const chosen = chooseCases(values);
  const kind = values.help ? 'help' : values.show ? 'show' : values.guard ? 'guard' : 'measure';
  const isForPublication = kind === 'measure' && chosen === undefined;
  return {
    kind,
    cases: kind === 'guard' ? guardCases : (chosen ?? [...publishedCases, ...guardCases]),
    repeat: readWholeNumber(values.repeat, '--repeat'),
    dataFolder: resolve(values.data),
    outFolder: values.out === undefined ? (isForPublication ? import.meta.dirname : undefined) : resolve(values.out),
  };
}

function chooseCases(values: { rows?: string; sources?: string; types?: string }): Case[] | undefined {
  if (values.rows === undefined && values.sources === undefined && values.types === undefined) return undefined;
  return crossCases({
    rows: (values.rows ?? '1m').split(',').map(readRows),
    sources: readList(values.sources, sources, '--sources'),
    types: readList(values.types, types, '--types'),
  });
}

function readList<T extends string>(text: string | undefined, known: readonly T[], option: string): T[] {
  if (text === undefined) return [...known];
  return text.split(',').map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new Error(`${option} takes ${known.join(', ')}, not "${word}".`);
    return found;
  });
}

const factors: Record<string, number> = { '': 1, k: 1_000, m: 1_000_000 };

/** Reads "1m", "500k" or "1000". */
function readRows(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d*)([km]?)$/i.exec(text) ?? [];
  if (digits === '') throw new Error(`--rows takes numbers such as 1m, 500k or 1000, not "${text}".`);
  return Number(digits) * factors[unit.toLowerCase()]!;
}

function readWholeNumber(text: string, option: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`${option} takes a number from 1 to 999, not "${text}".`);
  return Number(text);
}

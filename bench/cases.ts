/*
 * The cases of the benchmark. A case is a number of rows of one source, read for identifiers of one type.
 */

export const sources = ['parquet', 'csv', 'postgres'] as const;
export const types = ['email', 'phone', 'ifa'] as const;
export const programs = ['ours', 'node', 'python'] as const;

export type SourceName = (typeof sources)[number];
export type TypeName = (typeof types)[number];
export type Program = (typeof programs)[number];

export interface Case {
  source: SourceName;
  type: TypeName;
  rows: number;
}

/** The cases of the targets, which `npm run bench` measures for docs/speed.md. */
export const publishedCases: readonly Case[] = [
  { source: 'parquet', type: 'email', rows: 10_000_000 },
  { source: 'csv', type: 'email', rows: 10_000_000 },
  { source: 'postgres', type: 'email', rows: 5_000_000 },
  { source: 'parquet', type: 'phone', rows: 10_000_000 },
  { source: 'parquet', type: 'email', rows: 50_000_000 },
  { source: 'parquet', type: 'email', rows: 1_000 },
];

/** Cases that are small enough for every build. Each takes another path through the program. */
export const guardCases: readonly Case[] = [
  { source: 'parquet', type: 'email', rows: 500_000 },
  { source: 'csv', type: 'email', rows: 500_000 },
  { source: 'postgres', type: 'email', rows: 500_000 },
  { source: 'parquet', type: 'phone', rows: 500_000 },
  { source: 'parquet', type: 'ifa', rows: 500_000 },
];

/** The naive programs take minutes beyond this. Their Set holds at most 2^24 values. */
const maxNaiveRows = 10_000_000;

/** Returns the programs for a case. Python's standard library reads no Parquet, PostgreSQL or phone numbers. */
export function programsFor({ source, type, rows }: Case): Program[] {
  if (rows > maxNaiveRows) return ['ours'];
  return source === 'csv' && type !== 'phone' ? ['ours', 'node', 'python'] : ['ours', 'node'];
}

/** Returns every combination, in the given order. */
export function crossCases(of: { sources: SourceName[]; types: TypeName[]; rows: number[] }): Case[] {
  return of.rows.flatMap((rows) => of.sources.flatMap((source) => of.types.map((type) => ({ source, type, rows }))));
}

export function isSameCase(one: Case, other: Case): boolean {
  return one.source === other.source && one.type === other.type && one.rows === other.rows;
}

/** "10 M", "500 k". */
export function formatRows(rows: number): string {
  if (rows >= 1_000_000) return `${rows / 1_000_000} M`;
  return rows >= 1_000 ? `${rows / 1_000} k` : String(rows);
}

const sourceNames: Record<SourceName, string> = { parquet: 'Parquet', csv: 'CSV', postgres: 'PostgreSQL' };
const typeNames: Record<TypeName, string> = { email: 'emails', phone: 'phones', ifa: 'advertising IDs' };

export const programNames: Record<Program, string> = {
  ours: 'line-ads-sync',
  node: 'naive Node',
  python: 'Python',
};

/** "10 M emails, Parquet". */
export function caseName({ source, type, rows }: Case): string {
  return `${formatRows(rows)} ${typeNames[type]}, ${sourceNames[source]}`;
}

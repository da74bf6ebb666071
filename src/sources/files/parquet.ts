import type { DuckdbEngine } from '../duckdb/engine.ts';
import type { DuckdbRelation } from '../duckdb/relation.ts';
import { quotePath } from '../sqlText.ts';

/** A Parquet file, its columns named as the file names them. */
export async function parquetRelation(file: string, engine: DuckdbEngine): Promise<DuckdbRelation> {
  const label = `the file ${file}`;
  const from = `read_parquet(${quotePath(file)}, hive_partitioning = false)`;
  const described = await engine.describe(`SELECT * FROM ${from}`, label);
  const names = await readNames(file, label, engine);
  const columns = described.map(({ type }, index) => ({ name: names[index]!, type }));
  return { label, from, columns, countValues: (wanted) => countValues(file, wanted, engine) };
}

/** The names of the columns in the footer. Of two that are alike but for case, DuckDB gives the second another name. */
async function readNames(file: string, label: string, engine: DuckdbEngine): Promise<string[]> {
  const rows = await engine.readRows(
    `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${quotePath(file)}) ORDER BY column_id`,
    label,
  );
  const names: string[] = [];
  // The schema is a tree, written depth first: behind the root, each column is followed by all that is inside it.
  let inside = 0;
  for (const [name, children] of rows.slice(1)) {
    if (inside === 0) names.push(name!);
    else inside--;
    inside += Number(children);
  }
  return names;
}

/** The number of values of each column, by the footer. */
async function countValues(file: string, names: readonly string[], engine: DuckdbEngine): Promise<number[]> {
  const rows = await engine.readRows(
    `SELECT split_part(path_in_schema, ', ', 1), sum(num_values - coalesce(stats_null_count, 0)) FROM parquet_metadata(${quotePath(file)}) GROUP BY 1`,
    `the file ${file}`,
  );
  const counts = new Map(rows.map(([name, count]) => [name, Number(count)]));
  return names.map((name) => counts.get(name) ?? 0);
}

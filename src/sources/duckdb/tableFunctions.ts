/**
 * Table functions that only read. A SELECT can call others that do more: `enable_logging` and `enable_profiling` write
 * files at a given path, `checkpoint` writes the database, `arrow_scan` follows pointers.
 */
const reading =
  /^(?:(?:read|parquet|json|duckdb|pragma)_\w+|seq_scan|index_scan|sniff_csv|glob|range|generate_series|unnest|repeat|repeat_row|summary|query|query_table|icu_calendar_names|pg_timezone_names|test_all_types|test_vector_types)$/;

/** An operator of a plan, as EXPLAIN writes it in JSON. */
interface Operator {
  name: string;
  children?: Operator[];
}

/**
 * The table functions in the plans of a statement that may do more than read. `known` are DuckDB's table functions in
 * lower case; all other operators are of its own.
 */
export function writingFunctions(plans: readonly string[], known: ReadonlySet<string>): string[] {
  const names = plans.flatMap((plan) => (JSON.parse(plan) as Operator[]).flatMap(namesIn));
  return [...new Set(names)].filter((name) => known.has(name) && !reading.test(name));
}

function namesIn({ name, children = [] }: Operator): string[] {
  return [name.trim().toLowerCase(), ...children.flatMap(namesIn)];
}

/** SQL text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** SQL literal of the path of one file. Characters with a meaning in a glob are escaped. */
export function quotePath(path: string): string {
  return quoteText(path.replace(/[*?[]/g, '[$&]'));
}

/** Arguments of a reader for one text file: compressed as its ending says, and no columns from the names of folders. */
export function textFileArguments(path: string): string {
  const ending = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase();
  const compression = ending === undefined ? '' : `, compression = '${ending === 'gz' ? 'gzip' : 'zstd'}'`;
  return `${quotePath(path)}${compression}, hive_partitioning = false`;
}

/** SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

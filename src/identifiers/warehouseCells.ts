import { hashOfNothing, sha256HexLength } from './hashed.ts';
import type { Meaning } from './value.ts';

/** The result of the warehouse's SQL for a value that it cannot decide (`src/warehouseSql/`). */
export const needsConnector = 'needs_connector';

export const noDigest = '0'.repeat(sha256HexLength);

/**
 * Reads a result of `hashExpression`: the marker, or 64 characters of lower-case hex for each key, zeros for a form
 * that the number does not have. Returns undefined for all other cells, such as raw values.
 */
export function readWarehouseCell(cell: string, keys: number): Meaning | undefined {
  if (cell === needsConnector) return { kind: 'reject', code: 'value.needs_connector' };
  if (cell.length !== keys * sha256HexLength || !/^[0-9a-f]+$/.test(cell)) return undefined;
  // The first key is never absent.
  if (cell.startsWith(noDigest)) return undefined;
  const isOfNothing = Array.from({ length: keys }, (_, key) => key * sha256HexLength).some((start) =>
    cell.startsWith(hashOfNothing, start),
  );
  return isOfNothing ? { kind: 'reject', code: 'hash.of_empty_string' } : { kind: 'hash', hex: cell };
}

import { hashOfNothing, sha256HexLength } from './hashed.ts';
import type { Meaning } from './value.ts';

/** What the warehouse's SQL gives for a value that it is not sure of (`src/warehouseSql/`). */
export const needsConnector = 'needs_connector';

export const noDigest = '0'.repeat(sha256HexLength);

/**
 * Reads a cell that `hashExpression` has made: the marker, or lower-case hex of 64 characters for each of the slots,
 * zeros for a form that the number has not. Undefined for all others, so for a value that came as it was.
 */
export function readWarehouseCell(cell: string, slots: number): Meaning | undefined {
  if (cell === needsConnector) return { kind: 'reject', code: 'value.needs_connector' };
  if (cell.length !== slots * sha256HexLength || !/^[0-9a-f]+$/.test(cell)) return undefined;
  // A record is known by its first slot.
  if (cell.startsWith(noDigest)) return undefined;
  const isOfNothing = Array.from({ length: slots }, (_, slot) => slot * sha256HexLength).some((start) =>
    cell.startsWith(hashOfNothing, start),
  );
  return isOfNothing ? { kind: 'reject', code: 'hash.of_empty_string' } : { kind: 'hash', hex: cell };
}

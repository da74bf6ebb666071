import { createIdentify } from '../../src/identifiers/identify.ts';
import { normalisePhoneFast } from '../../src/identifiers/phoneFast.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { needsConnector } from '../../src/identifiers/warehouseCells.ts';
import type { HashedCells } from '../../src/warehouseSql/hashExpression.ts';

/** "empty", a reject code, or the record in hex. */
function readCell(rules: IdentifyRules, cell: string | null): string {
  const { recordBytes, identify } = createIdentify(rules);
  const record = Buffer.alloc(recordBytes, 0xee);
  const outcome = identify(cell ?? '', record, 0);
  return outcome === 'member' ? record.toString('hex') : outcome;
}

/** What the SQL has to be sure of. */
function isPlain(request: HashedCells, value: string): boolean {
  const trimmed = value.replace(/^ +| +$/g, '');
  if (!/^[ -~]*$/.test(trimmed) || /^0{64}$/.test(trimmed)) return false;
  const isHash = /^[0-9a-f]{64}$/i.test(trimmed);
  return request.identifierType === 'email' || isHash || normalisePhoneFast(trimmed, request) !== undefined;
}

function wantedCell(request: HashedCells, value: string | null): string | null {
  const meaning = readCell(request, value);
  if (value === null) return null;
  if (meaning === 'empty' && /^[\t-\r ]*$/.test(value)) return null;
  if (/^[0-9a-f]+$/.test(meaning) && isPlain(request, value)) return meaning;
  const looksHashed = new RegExp(`^ *(?:[0-9a-f]{64}){${createIdentify(request).recordBytes / 32}} *$`).test(value);
  return request.otherwise === 'raw' && !looksHashed ? value : needsConnector;
}

/** How a cell that SQL has made of a value differs from what `src/identifiers` makes of it, if it does. */
export function disagreement(request: HashedCells, value: string | null, cell: string | null): object | undefined {
  const wanted = wantedCell(request, value);
  const hashing = request.otherwise === 'raw' ? 'warehouse_or_raw' : 'warehouse';
  const meaning = readCell({ ...request, hashing }, cell);
  const wantedMeaning = wanted === needsConnector ? 'value.needs_connector' : readCell(request, value);
  if (cell === wanted && meaning === wantedMeaning) return undefined;
  return { ...request, value, cell, wanted, meaning, wantedMeaning };
}

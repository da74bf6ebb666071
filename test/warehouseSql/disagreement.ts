import { createIdentify } from '../../src/identifiers/identify.ts';
import { normalisePhoneFast } from '../../src/identifiers/phoneFast.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { needsConnector } from '../../src/identifiers/warehouseCells.ts';
import type { HashedCells } from '../../src/warehouseSql/hashExpression.ts';

type Cell = string | null;

/** Returns "empty", a reject code, or the record in hex. */
function createReadCell(rules: IdentifyRules): (cell: Cell) => string {
  const { recordBytes, identify } = createIdentify(rules);
  const record = Buffer.alloc(recordBytes);
  return (cell) => {
    record.fill(0xee);
    const outcome = identify(cell ?? '', record, 0);
    return outcome === 'member' ? record.toString('hex') : outcome;
  };
}

/** Returns true for values that the SQL must decide. */
function isPlain(request: HashedCells, value: string): boolean {
  const trimmed = value.replace(/^ +| +$/g, '');
  if (!/^[ -~]*$/.test(trimmed) || /^0{64}$/.test(trimmed)) return false;
  const isHash = /^[0-9a-f]{64}$/i.test(trimmed);
  return request.identifierType === 'email' || isHash || normalisePhoneFast(trimmed, request) !== undefined;
}

/** The cell that the SQL must make of a value, and its meaning. */
interface Wanted {
  cell: Cell;
  meaning: string;
}

const undecided: Wanted = { cell: needsConnector, meaning: 'value.needs_connector' };

function createWanted(request: HashedCells): (value: Cell) => Wanted {
  const readValue = createReadCell(request);
  const looksHashed = new RegExp(`^ *(?:[0-9a-f]{64}){${createIdentify(request).recordBytes / 32}} *$`);
  return (value) => {
    const meaning = readValue(value);
    if (value === null || (meaning === 'empty' && /^[\t-\r ]*$/.test(value))) return { cell: null, meaning };
    if (/^[0-9a-f]+$/.test(meaning) && isPlain(request, value)) return { cell: meaning, meaning };
    const staysRaw = request.otherwise === 'raw' && !looksHashed.test(value);
    // A raw value may be the marker itself.
    return staysRaw && value !== needsConnector ? { cell: value, meaning } : undecided;
  };
}

/** Describes the difference between a cell that SQL has made of a value and the one that it must make, if they differ. */
export type FindDisagreement = (value: Cell, cell: Cell) => object | undefined;

/** The wanted cell of each value is computed once: the same values are tried on every engine. */
export function createFindDisagreement(request: HashedCells): FindDisagreement {
  const wantedOf = createWanted(request);
  const readResult = createReadCell({
    ...request,
    hashing: request.otherwise === 'raw' ? 'warehouse_or_raw' : 'warehouse',
  });
  const wantedByValue = new Map<Cell, Wanted>();
  return (value, cell) => {
    const wanted = wantedByValue.get(value) ?? wantedOf(value);
    wantedByValue.set(value, wanted);
    const meaning = readResult(cell);
    if (cell === wanted.cell && meaning === wanted.meaning) return undefined;
    return { ...request, value, cell, wanted: wanted.cell, meaning, wantedMeaning: wanted.meaning };
  };
}

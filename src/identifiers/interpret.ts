import { normaliseEmail } from './email.ts';
import { readHash } from './hashed.ts';
import { normaliseIfa } from './ifa.ts';
import { formsOf, isHashedType } from './kinds.ts';
import { normalisePhone, phoneForms } from './phone.ts';
import { normalisePhoneFast } from './phoneFast.ts';
import { formsInOrder } from './phoneFormats.ts';
import type { Hashed, IdentifierType, IdentifyRules } from './rules.ts';
import { hasLineBreak, type Meaning, type Normalised, normaliseValue } from './value.ts';
import { readWarehouseCell } from './warehouseCells.ts';

type ReadValue = (value: string) => Meaning;

function meaningOf(normalised: Normalised): Meaning {
  if ('reject' in normalised) return { kind: 'reject', code: normalised.reject };
  return { kind: 'texts', texts: [normalised.text] };
}

function createReadPhone(rules: IdentifyRules): ReadValue {
  const forms = formsInOrder(rules.phoneFormats);
  return (value) => {
    const phone = normalisePhoneFast(value, rules) ?? normalisePhone(value, rules);
    if ('reject' in phone) return { kind: 'reject', code: phone.reject };
    const texts = phoneForms(phone, forms);
    // Only the national form is configured, and this number is of another country.
    if (texts.every((text) => text === undefined)) return { kind: 'reject', code: 'phone.bad_country' };
    return { kind: 'texts', texts };
  };
}

function withHashes(hashed: Hashed, read: ReadValue): ReadValue {
  return (value) => {
    const found = readHash(value, hashed);
    if (found === undefined) return read(value);
    return 'reject' in found ? { kind: 'reject', code: found.reject } : { kind: 'hash', hex: found.text };
  };
}

/** Creates the reader of plain values of each type. */
const plainReaders: Record<IdentifierType, (rules: IdentifyRules) => ReadValue> = {
  email: () => (value) => meaningOf(normaliseEmail(value)),
  phone: createReadPhone,
  ifa: () => (value) => meaningOf(normaliseIfa(value)),
};

function createReadValue(rules: IdentifyRules): ReadValue {
  const { identifierType, hashed } = rules;
  const readPlain = plainReaders[identifierType](rules);
  return isHashedType(identifierType) ? withHashes(hashed, readPlain) : readPlain;
}

/** Returns true if the SQL of the warehouse hashes the cells. */
export function areHashedInWarehouse({ identifierType, hashing = 'connector' }: IdentifyRules): boolean {
  return isHashedType(identifierType) && hashing !== 'connector';
}

function createReadWarehouse(rules: IdentifyRules): ReadValue {
  const keys = formsOf(rules).length;
  const readRaw = rules.hashing === 'warehouse_or_raw' ? createReadRaw(rules) : refuseRaw;
  return (cell) => readWarehouseCell(cell, keys) ?? readRaw(cell);
}

function refuseRaw(cell: string): Meaning {
  return normaliseValue(cell) === '' ? { kind: 'empty' } : { kind: 'reject', code: 'value.needs_connector' };
}

/**
 * Reads values by the rules of docs/identifiers.md. Never throws. With hashing in the warehouse, it reads the results of
 * the hashing; `warehouse` refuses all raw values, `warehouse_or_raw` reads them.
 */
export function createInterpret(rules: IdentifyRules): ReadValue {
  return areHashedInWarehouse(rules) ? createReadWarehouse(rules) : createReadRaw(rules);
}

/**
 * Applies the rules in this order: NFKC and trim, empty, line break, already hashed, the type's own grammar.
 */
function createReadRaw(rules: IdentifyRules): ReadValue {
  const readValue = createReadValue(rules);
  return (raw) => {
    const value = normaliseValue(raw);
    if (value === '') return { kind: 'empty' };
    if (hasLineBreak(value)) return { kind: 'reject', code: 'value.line_break' };
    return readValue(value);
  };
}

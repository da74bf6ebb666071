import { normaliseEmail } from './email.ts';
import { readHash } from './hashed.ts';
import { normaliseIfa } from './ifa.ts';
import { formsInOrder, normalisePhone, phoneForms } from './phone.ts';
import { normalisePhoneFast } from './phoneFast.ts';
import type { Hashed, IdentifyRules } from './rules.ts';
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

function createReadValue(rules: IdentifyRules): ReadValue {
  switch (rules.identifierType) {
    case 'email':
      return withHashes(rules.hashed, (value) => meaningOf(normaliseEmail(value)));
    case 'phone':
      return withHashes(rules.hashed, createReadPhone(rules));
    case 'ifa':
      return (value) => meaningOf(normaliseIfa(value));
  }
}

/** Whether cells come as the warehouse's SQL has made them. */
export function areHashedInWarehouse({ identifierType, hashing = 'connector' }: IdentifyRules): boolean {
  return identifierType !== 'ifa' && hashing !== 'connector';
}

function createReadWarehouse(rules: IdentifyRules): ReadValue {
  const slots = rules.identifierType === 'phone' ? formsInOrder(rules.phoneFormats).length : 1;
  const readRaw = rules.hashing === 'warehouse_or_raw' ? createReadRaw(rules) : refuseRaw;
  return (cell) => readWarehouseCell(cell, slots) ?? readRaw(cell);
}

function refuseRaw(cell: string): Meaning {
  return normaliseValue(cell) === '' ? { kind: 'empty' } : { kind: 'reject', code: 'value.needs_connector' };
}

/**
 * Reads values by the rules of the LINE Ads API reference ("Identifiers"). Never throws, whatever the text. With
 * hashing in the warehouse it reads what that has made of them; in `warehouse` nothing else, and no raw value at all.
 */
export function createInterpret(rules: IdentifyRules): ReadValue {
  return areHashedInWarehouse(rules) ? createReadWarehouse(rules) : createReadRaw(rules);
}

/** In the reference's order: NFKC and trim, empty, line break, already hashed, then the type's own grammar. */
function createReadRaw(rules: IdentifyRules): ReadValue {
  const readValue = createReadValue(rules);
  return (raw) => {
    const value = normaliseValue(raw);
    if (value === '') return { kind: 'empty' };
    if (hasLineBreak(value)) return { kind: 'reject', code: 'value.line_break' };
    return readValue(value);
  };
}

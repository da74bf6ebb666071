import { formsInOrder, type PhoneFormat } from './phoneFormats.ts';
import type { IdentifierType, IdentifyRules } from './rules.ts';

/** The properties of an identifier type, as plain data. */
export interface IdentifierKind {
  /** Usual names of the columns that hold identifiers of the type. */
  columns: readonly string[];
  /** Whether values are telephone numbers. These are read by the rules of a country and have several forms. */
  isPhone: boolean;
  /** Whether the SHA-256 of a value is sent. Otherwise the value itself is. */
  isHashed: boolean;
  /** Width of a key in bytes. The key of a member comes first in its record; a phone has one for each of its forms. */
  keyBytes: number;
  /** The upload line of a key: its bytes as hexadecimal digits, or the key itself, which is text. */
  line: 'hex' | 'text';
}

/** Bytes of a SHA-256. */
export const digestBytes = 32;

export const kinds = {
  email: { columns: ['email'], isPhone: false, isHashed: true, keyBytes: digestBytes, line: 'hex' },
  phone: { columns: ['phone'], isPhone: true, isHashed: true, keyBytes: digestBytes, line: 'hex' },
  ifa: {
    columns: ['ifa', 'idfa', 'gaid', 'advertising_id'],
    isPhone: false,
    isHashed: false,
    keyBytes: 36,
    line: 'text',
  },
} as const satisfies Record<IdentifierType, IdentifierKind>;

/** The types whose values are sent as hashes. */
export type HashedType = {
  [T in IdentifierType]: (typeof kinds)[T]['isHashed'] extends true ? T : never;
}[IdentifierType];

export function isHashedType(identifierType: IdentifierType): identifierType is HashedType {
  return kinds[identifierType].isHashed;
}

type FormRules = Pick<IdentifyRules, 'identifierType' | 'phoneFormats'>;

/** The forms of a member, in the order of their keys in its record: one, but for a phone. */
export function formsOf({ identifierType, phoneFormats }: FormRules): readonly (IdentifierType | PhoneFormat)[] {
  return kinds[identifierType].isPhone ? formsInOrder(phoneFormats) : [identifierType];
}

/** Bytes of a record: a key for each form. */
export function recordBytesOf(rules: FormRules): number {
  return kinds[rules.identifierType].keyBytes * formsOf(rules).length;
}

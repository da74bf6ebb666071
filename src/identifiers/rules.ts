import type { PhoneRules } from './phone.ts';
import type { PhoneFormat } from './phoneFormats.ts';

/** The types of identifiers that an audience can hold. */
export const identifierTypes = ['email', 'phone', 'ifa'] as const;

export type IdentifierType = (typeof identifierTypes)[number];

/** How values are read that may be SHA-256 hashes already. */
export const hashedSettings = ['auto', 'always', 'never'] as const;

export type Hashed = (typeof hashedSettings)[number];

/** Where emails and phones are hashed. */
export const hashingSettings = ['connector', 'warehouse', 'warehouse_or_raw'] as const;

/** The settings of a sync that decide the meaning of its values. */
export type IdentifyRules = PhoneRules & {
  identifierType: IdentifierType;
  hashed: Hashed;
  phoneFormats: readonly PhoneFormat[];
  /** Default: `connector`. */
  hashing?: (typeof hashingSettings)[number] | undefined;
};

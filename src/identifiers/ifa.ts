import type { Normalised } from './value.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const allZero = '00000000-0000-0000-0000-000000000000';

/**
 * Returns an IDFA or AAID as it came, with its dashes and case, never hashed (docs/identifiers.md, "Advertising ID").
 * Takes a value that is already NFKC and trimmed.
 *
 * Vector: "6D92078A-8246-4BA4-AE5B-76104861E7DC" stays as it is.
 */
export function normaliseIfa(value: string): Normalised {
  if (!uuid.test(value)) return { reject: 'ifa.not_a_uuid' };
  if (value === allZero) return { reject: 'ifa.all_zero' };
  return { text: value };
}

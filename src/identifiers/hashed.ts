import { hash } from 'node:crypto';
import type { Hashed } from './rules.ts';
import type { Normalised } from './value.ts';

export const sha256HexLength = 64;
const otherHashHexLengths: readonly number[] = [32, 40];
const hex = /^[0-9a-f]+$/i;
export const hashOfNothing = hash('sha256', '', 'hex');

/**
 * Reads an email or phone value that may be a SHA-256 already (docs/identifiers.md, "Already hashed values"). Returns the 64
 * hex characters in lower case, a reject, or undefined for a value that must be read as an identifier. Takes a value
 * that is already NFKC and trimmed.
 *
 * Vector: with `auto`, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855" gives `hash.of_empty_string`.
 */
export function readHash(value: string, hashed: Hashed): Normalised | undefined {
  if (hashed === 'never') return undefined;
  const isHex = couldBeHex(value, hashed) && hex.test(value);
  if (isHex && value.length === sha256HexLength) {
    const text = value.toLowerCase();
    return text === hashOfNothing ? { reject: 'hash.of_empty_string' } : { text };
  }
  if (hashed === 'always') return { reject: isHex ? 'hash.wrong_length' : 'hash.not_hex' };
  return isHex ? { reject: 'hash.wrong_length' } : undefined;
}

/** With `auto`, only values of three lengths may be hashes: a telephone number is hexadecimal too. */
function couldBeHex(value: string, hashed: Hashed): boolean {
  return hashed === 'always' || value.length === sha256HexLength || otherHashHexLengths.includes(value.length);
}

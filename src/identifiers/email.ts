import type { RejectCode } from './rejects.ts';
import type { Normalised } from './value.ts';

export const maxCodePoints = 120;

/** Printable ASCII, one @, and a domain of two or more labels: by far the most values. */
const plainEmail = /^[!-?A-~]+@[!-\-/-?A-~]+(?:\.[!-\-/-?A-~]+)+$/;

const aboveTilde = /[\x7f-\uffff]/;
const spaceOrControl = /[^!-~]/;

function isTooLong(value: string): boolean {
  if (value.length <= maxCodePoints) return false;
  return value.length > 2 * maxCodePoints || Array.from(value).length > maxCodePoints;
}

function isBadDomain(domain: string): boolean {
  return !domain.includes('.') || domain.startsWith('.') || domain.endsWith('.') || domain.includes('..');
}

function emailProblem(value: string): RejectCode | undefined {
  if (isTooLong(value)) return 'email.too_long';
  if (aboveTilde.test(value)) return 'email.not_ascii';
  if (spaceOrControl.test(value)) return 'email.inner_space';
  const at = value.indexOf('@');
  if (at < 0) return 'email.no_at';
  if (value.indexOf('@', at + 1) >= 0) return 'email.several_at';
  if (at === 0) return 'email.empty_local';
  if (at === value.length - 1) return 'email.empty_domain';
  if (isBadDomain(value.slice(at + 1))) return 'email.bad_domain';
  return undefined;
}

/**
 * The address in lower case, nothing else changed: LINE has no Gmail rule, so dots and "+tag" stay. Takes a value
 * that is already NFKC and trimmed (`normaliseValue`). The first problem in the order of the LINE Ads API reference
 * ("Identifiers", Email) is the reject code.
 *
 * Vector: "JaneSaoirse+Work@example.com" gives "janesaoirse+work@example.com", whose SHA-256 is
 * 28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180.
 */
export function normaliseEmail(value: string): Normalised {
  if (value.length <= maxCodePoints && plainEmail.test(value)) return { text: value.toLowerCase() };
  const problem = emailProblem(value);
  return problem === undefined ? { text: value.toLowerCase() } : { reject: problem };
}

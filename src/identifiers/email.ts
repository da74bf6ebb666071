import type { RejectCode } from './rejects.ts';
import type { Normalised } from './value.ts';

export const maxCodePoints = 120;

/** RFC 5322 atext and dots in any arrangement: addresses such as "a..b@" and ".a.@" exist in Japan. */
const localPart = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+/;
const label = /[A-Za-z0-9-]+/;

/** Matches the addresses that are accepted, apart from the limit of their length. */
const plainEmail = new RegExp(`^${localPart.source}@${label.source}(?:\\.${label.source})+$`);
const isLocalPart = new RegExp(`^${localPart.source}$`);
const isDomain = new RegExp(`^${label.source}(?:\\.${label.source})+$`);

const aboveTilde = /[\x7f-\uffff]/;
const spaceOrControl = /[^!-~]/;

function isTooLong(value: string): boolean {
  if (value.length <= maxCodePoints) return false;
  return value.length > 2 * maxCodePoints || Array.from(value).length > maxCodePoints;
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
  if (!isLocalPart.test(value.slice(0, at))) return 'email.bad_local';
  return isDomain.test(value.slice(at + 1)) ? undefined : 'email.bad_domain';
}

/**
 * Returns the address in lower case. Nothing else changes: LINE has no Gmail rule, so dots and "+tag" stay. Takes a
 * value that is already NFKC and trimmed (`normaliseValue`). The reject code is the first problem in the order of
 * `rejectCodes` (docs/identifiers.md, "Email").
 *
 * Vector: "JaneSaoirse+Work@example.com" gives "janesaoirse+work@example.com", whose SHA-256 is
 * 28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180.
 */
export function normaliseEmail(value: string): Normalised {
  if (value.length <= maxCodePoints && plainEmail.test(value)) return { text: value.toLowerCase() };
  const problem = emailProblem(value);
  return problem === undefined ? { text: value.toLowerCase() } : { reject: problem };
}

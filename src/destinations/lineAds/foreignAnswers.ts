import { isPage } from '../../http/pages.ts';
import type { HttpAnswer } from '../../http/transport.ts';
import { isErrorBody } from './schemas.ts';

/*
 * Answers that a proxy, a firewall or a login page gives in LINE's place.
 */

type Answer = Pick<HttpAnswer, 'status' | 'text'>;

/** Statuses whose meaning does not depend on the sender: a timeout, a body that is too large, too many requests. */
const plainStatuses: readonly number[] = [408, 413, 429];

/**
 * Tells whether a refusal is not LINE's: a 403 without LINE's list of errors (an empty body included), a 407, or another
 * 4xx with an HTML page. A 401 that is empty or has other JSON counts as LINE's, since its form is not documented.
 */
export function isForeign({ status, text }: Answer): boolean {
  if (status === 407) return true;
  if (status === 403) return !isErrorBody(text);
  return status >= 400 && status < 500 && !plainStatuses.includes(status) && isPage(text);
}

/** Tells whether an answer may come from LINE itself, so that its clock and its verdict on a signature count. */
export function isFromLine(answer: Answer): boolean {
  const isRedirect = answer.status >= 300 && answer.status < 400;
  return !isRedirect && !isPage(answer.text) && !isForeign(answer);
}

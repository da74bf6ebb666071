import { SyncError } from '../../errors.ts';
import { type Failure, wrongLengthCode } from '../../http/retry.ts';
import { ConnectionUntrusted, isTlsFault } from '../../http/tlsFaults.ts';
import { accountHint, type Explanation, explanation, explanationByReason, permissionHint } from './reasons.ts';
import { maxSkewMs } from './signing.ts';

/** The purpose of a request. It decides between messages that share a status. */
export interface RequestPurpose {
  kind: 'audiences' | 'jobs' | 'add' | 'replace';
  adAccountId: string;
  /** Path of the account's settings in the configuration; `connection` by default. */
  settingsPath?: string;
  /** The audience's id, or its quoted name while it has none. */
  audience?: string;
}

export interface FailureCircumstances {
  attempts: number;
  wasAnswered: boolean;
  /** LINE's clock minus ours, if known from the answer. */
  skewMs?: number | undefined;
}

/** The error that ends a request. LINE's free text never passes: only its status and reason codes. */
export function explainFailure(
  failure: Failure,
  purpose: RequestPurpose,
  circumstances: FailureCircumstances,
): SyncError {
  const { code, message, hint } = explain(failure, purpose, circumstances);
  const ErrorClass = failure.kind === 'network' && isTlsFault(failure.code) ? ConnectionUntrusted : SyncError;
  return new ErrorClass(code, `${describePurpose(purpose)} failed: ${message}.`, nameFields(hint, purpose));
}

/** Hints are written for `connection`. Those about another destination name its settings. */
function nameFields(hint: string, { settingsPath = 'connection' }: RequestPurpose): string {
  return hint.replaceAll('connection.', `${settingsPath}.`);
}

function explain(failure: Failure, purpose: RequestPurpose, circumstances: FailureCircumstances): Explanation {
  switch (failure.kind) {
    case 'refused':
      return explainRefusal(failure.status, failure.reasons, purpose, circumstances);
    case 'foreign':
      return explanation(
        'line.blocked',
        `something other than LINE answered (status ${failure.status}, not LINE's JSON)`,
        `${allowHost} If no proxy or firewall is in use, check the keys and permissions of the API user.`,
      );
    case 'unreadable':
      return explanation(
        'line.bad_answer',
        describeUnreadable(failure),
        'Check connection.baseUrl and any proxy, then run again.',
      );
    case 'network':
      return explainNetworkFailure(failure, circumstances);
  }
}

const allowHost =
  'Allow the host of connection.baseUrl in the proxy or firewall, or exempt it from the proxy with NO_PROXY.';

function describeUnreadable({ status, coding }: Extract<Failure, { kind: 'unreadable' }>): string {
  return coding === undefined
    ? `the answer (status ${status}) differs from LINE's documentation`
    : `the answer (status ${status}) has the content coding ${coding}, which was not requested and cannot be decoded`;
}

function explainRefusal(
  status: number,
  reasons: readonly string[],
  purpose: RequestPurpose,
  circumstances: FailureCircumstances,
): Explanation {
  const known = reasons.map((code) => explanationByReason.get(code)).find((found) => found !== undefined);
  const answer = `LINE answered ${[status, ...reasons].join(' ')}`;
  if (status === 401) return explainUnauthorised(answer, circumstances.skewMs);
  if (known !== undefined) return { ...known, message: `${known.message} (${answer})` };
  return { ...explainStatus(status, purpose, circumstances.attempts), message: answer };
}

function explainUnauthorised(answer: string, skewMs: number | undefined): Explanation {
  const skewed = skewMs !== undefined && Math.abs(skewMs) > maxSkewMs;
  const clock = skewed
    ? `This machine's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'behind' : 'ahead of'} LINE's: set it first.`
    : "This machine's clock must be within 15 minutes of LINE's.";
  return explanation(
    'auth.failed',
    `the credentials are not accepted (${answer})`,
    `Check that accessKey and secretKey belong together and were not rotated. ${clock}`,
  );
}

function explainStatus(status: number, purpose: RequestPurpose, attempts: number): Omit<Explanation, 'message'> {
  const isUpload = purpose.kind === 'add' || purpose.kind === 'replace';
  if (status === 403)
    return {
      code: 'auth.not_permitted',
      hint: isUpload
        ? 'Use a key with the Data Provider permission. A key with the Ad Tech permission can only read.'
        : permissionHint,
    };
  if (status === 404 && purpose.kind === 'audiences') return { code: 'auth.account_not_found', hint: accountHint };
  if (status === 404)
    return { code: 'audience.not_found', hint: 'Check audienceId, and whether the audience was deleted.' };
  if (status === 429 && purpose.kind === 'replace')
    return {
      code: 'line.replace_refused',
      hint: 'Check for other programs that replace audiences of this account, then run again. LINE takes 3 REPLACE requests of an account at once.',
    };
  if (status === 429)
    return {
      code: 'line.rate_limited',
      hint: 'Check for other programs that use this API user, or lower limits.requestsPerSecond.',
    };
  if (status === 413)
    return {
      code: 'upload.refused',
      hint: 'Lower batch.maxBytes: LINE, or a proxy on the way, takes no body of this size.',
    };
  if (status >= 500 || status === 408)
    return {
      code: 'line.retries_exhausted',
      hint: `Run again later: LINE did not recover in ${countAttempts(attempts)}.`,
    };
  if (status >= 300 && status < 400)
    return { code: 'line.bad_answer', hint: 'Check connection.baseUrl and any proxy: redirects are refused.' };
  return isUpload
    ? { code: 'upload.refused', hint: "Look up the reason in LINE's API reference. A retry does not help." }
    : { code: 'line.bad_answer', hint: "Look up the reason in LINE's API reference." };
}

function countAttempts(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

type NetworkFailure = Extract<Failure, { kind: 'network' }>;

function explainNetworkFailure(failure: NetworkFailure, { attempts, wasAnswered }: FailureCircumstances): Explanation {
  const { code, proxy } = failure;
  if (code === wrongLengthCode)
    return explanation('internal', 'the body did not have its announced length', 'Report this error.');
  if (proxy?.status === undefined && isTlsFault(code)) return explainUntrusted(failure);
  if (proxy !== undefined && proxy.status !== undefined && proxy.status < 500)
    return explainProxyRefusal(proxy.name, proxy.status);
  const last = proxy === undefined ? code : `${code} from the proxy ${proxy.name}`;
  const checkProxy = proxy === undefined ? '' : ' Check the proxy, and whether this machine may use it.';
  return wasAnswered
    ? explanation(
        'line.retries_exhausted',
        `no answer in ${countAttempts(attempts)}; the last error was ${last}`,
        `Run again when the network is stable.${checkProxy}`,
      )
    : explanation(
        'line.unreachable',
        `no answer in ${countAttempts(attempts)}; the last error was ${last}`,
        `Check connection.baseUrl, DNS, firewall and proxy (HTTPS_PROXY).${checkProxy}`,
      );
}

/** The explanation is the same whether or not LINE was trusted before. */
function explainUntrusted({ code, proxy }: NetworkFailure): Explanation {
  const peer = proxy === undefined ? 'LINE or of a proxy on the way' : `the proxy ${proxy.name}`;
  return explanation(
    'line.unreachable',
    `the certificate of ${peer} is not trusted, or its port does not use TLS (${code})`,
    'Give the authority of the certificate with NODE_EXTRA_CA_CERTS, or have the certificate renewed. Check connection.baseUrl and any proxy (HTTPS_PROXY).',
  );
}

function explainProxyRefusal(name: string, status: number): Explanation {
  if (status === 407)
    return explanation(
      'config.invalid',
      `the proxy ${name} requires a login, or refused the configured one (HTTP 407)`,
      'Set user and password in that variable: http://user:password@host:port, both percent-encoded.',
    );
  return explanation('line.blocked', `the proxy ${name} refused to connect to LINE (HTTP ${status})`, allowHost);
}

function describePurpose({ kind, adAccountId, audience }: RequestPurpose): string {
  const target = audience === undefined ? '' : ` audience ${audience}`;
  switch (kind) {
    case 'audiences':
      return `Listing the audiences of ad account ${adAccountId}`;
    case 'jobs':
      return `Reading the upload jobs of${target} in ad account ${adAccountId}`;
    case 'add':
      return `Adding to${target} in ad account ${adAccountId}`;
    case 'replace':
      return `Replacing${target} in ad account ${adAccountId}`;
  }
}

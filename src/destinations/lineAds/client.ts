import pLimit from 'p-limit';
import type { Dispatcher } from 'undici';
import type { ZodType } from 'zod';
import type { Clock } from '../../clock.ts';
import { type ErrorCode, SyncError } from '../../errors.ts';
import { createRequestLimiter, type RequestLimiter } from '../../http/limits.ts';
import { createUploadForm } from '../../http/multipart.ts';
import { classifyFailure, createPatience, type Failure, type RetryPolicy, retryAfterMs } from '../../http/retry.ts';
import { attemptTimeoutMs } from '../../http/transport.ts';
import type { Destination, Upload, UploadAttempt, UploadTarget } from '../destination.ts';
import type { JobsConfig } from '../settings.ts';
import { createAudienceList } from './audienceList.ts';
import { accountIdOf, type BatchConfig, type ConnectionConfig, type LimitsConfig } from './config.ts';
import { explainFailure, isTransientReason, type RequestPurpose } from './errors.ts';
import { isForeign } from './foreignAnswers.ts';
import { maxFormOverheadBytes, uploadFields } from './form.ts';
import { audienceAnswer, audiencePage, maxListedJobs, parseAnswer, parseReasons, uploadJobsAnswer } from './schemas.ts';
import { createSignedCalls, describeSkew, type Exchange, type LineRequest, type Log } from './signedCalls.ts';
import { words } from './words.ts';

export interface ClientOptions {
  /** Of the destination in the configuration. */
  name: string;
  connection: ConnectionConfig;
  batch: BatchConfig;
  limits: LimitsConfig;
  retry: RetryPolicy;
  jobs: JobsConfig;
  clock: Clock;
  dispatcher: Dispatcher;
  log: Log;
  /** Ends reads and waits, and lets no upload start. */
  signal: AbortSignal;
  /** Ends uploads that are in flight; `signal` by default. */
  uploadSignal?: AbortSignal;
  /** Shared by all clients of a process; made from `limits` by default. */
  limiter?: RequestLimiter;
  /** How long one attempt may take; `attemptTimeoutMs` by default. */
  timeoutMs?: (bodyBytes: number) => number;
}

export interface LineAdsClient extends Destination {
  /** Whether LINE has answered anything yet, with whatever status. */
  wasAnswered(): boolean;
  /** LINE's clock minus ours when it was first found to be more than a minute off. */
  clockSkewMs(): number | undefined;
}

/**
 * LINE's audience API for one ad account. The stack, outermost first: retry, limit, sign, timeout, undici. The first
 * request of a process is a GET and goes alone, since it finds out which signature LINE accepts.
 */
export function createLineAdsClient(options: ClientOptions): LineAdsClient {
  const { connection, batch, limits, retry, jobs, clock, signal } = options;
  const calls = createSignedCalls({
    ...options,
    limiter: options.limiter ?? createRequestLimiter(limits.requestsPerSecond),
    uploadSignal: options.uploadSignal ?? signal,
    timeoutMs: options.timeoutMs ?? attemptTimeoutMs,
  });
  const opening = createOpening();
  const createLimit = pLimit(1);
  const replaceLimit = pLimit(limits.concurrentReplaces);
  const uploadLimit = pLimit(limits.concurrentUploads);
  const audiencesPath = `/api/v3/adaccounts/${connection.adAccountId}/custom-audiences`;

  async function get<T>(
    request: LineRequest,
    schema: ZodType<T>,
    target: Omit<RequestPurpose, 'adAccountId'>,
  ): Promise<T> {
    const patience = createPatience({ retry, clock, signal });
    const purpose = { ...target, adAccountId: connection.adAccountId };
    for (let attempts = 0; ; ) {
      const exchange = await calls.send(request, attempts + 1);
      attempts += exchange.calls;
      const read = readExchange(exchange, schema);
      if (read.kind === 'value') return read.value;
      const verdict = classifyFailure(read.failure, 'read');
      if (!(await patience.mayRetry(verdict, exchange.ms, askedWaitMs(exchange, clock.now()))))
        throw explainFailure(read.failure, purpose, {
          attempts,
          wasAnswered: calls.wasAnswered(),
          skewMs: exchange.skewMs,
        });
    }
  }

  const audiences = createAudienceList(getPage);

  function getPage(page: number) {
    const query = `?page=${page}&size=100&sortKey=created&sortOrder=desc`;
    return opening.pass(() => get({ method: 'GET', path: audiencesPath, query }, audiencePage, { kind: 'audiences' }));
  }

  async function uploadOnce(upload: Upload, attempt: number): Promise<UploadAttempt> {
    signal.throwIfAborted();
    const form = createUploadForm(uploadFields(upload), upload.file);
    const exchange = await calls.send({ method: 'POST', path: `${audiencesPath}/upload`, form }, attempt);
    const read = readExchange(exchange, audienceAnswer);
    if (read.kind === 'value') return { kind: 'accepted', audience: read.value, calls: exchange.calls };
    const purpose = {
      kind: upload.action,
      audience: describeTarget(upload.target),
      adAccountId: connection.adAccountId,
    };
    return {
      kind: 'failed',
      verdict: classifyFailure(read.failure, 'upload'),
      calls: exchange.calls,
      ms: exchange.ms,
      retryAfterMs: askedWaitMs(exchange, clock.now()),
      error: (attempts) =>
        explainFailure(read.failure, purpose, { attempts, wasAnswered: calls.wasAnswered(), skewMs: exchange.skewMs }),
    };
  }

  return {
    name: options.name,
    accountId: accountIdOf(connection),
    capabilities: {
      canReplace: true,
      maxLines: batch.maxRecords,
      maxBodyBytes: batch.maxBytes,
      concurrentUploads: limits.concurrentUploads,
      unfinishedUploads: limits.unfinishedJobs,
      maxListedUploads: maxListedJobs,
    },
    words,
    audiences,
    uploadsTo: (audienceId) =>
      opening.pass(async () => {
        const path = `${audiencesPath}/${encodeURIComponent(audienceId)}/upload-job`;
        const answer = await get({ method: 'GET', path }, uploadJobsAnswer(audienceId), {
          kind: 'jobs',
          audience: audienceId,
        });
        return answer.jobs;
      }),
    labelOf: (stem) => `${stem}.txt`,
    maxOverheadBytes: maxFormOverheadBytes,
    async attemptUpload(upload, attempt) {
      if (!opening.hasBegun()) await getPage(1);
      const send = () => uploadLimit(() => uploadOnce(upload, attempt));
      return opening.pass(() => (upload.action === 'replace' ? replaceLimit(send) : send()));
    },
    uploadPatience: () => createPatience({ retry, clock, signal, rateLimitMs: jobs.timeoutMs }),
    createAlone: (create) => createLimit(create),
    warnings() {
      const skewMs = calls.clockSkewMs();
      return skewMs === undefined ? [] : [{ code: 'clock_skew', message: describeSkew(skewMs) }];
    },
    wasAnswered: () => calls.wasAnswered(),
    clockSkewMs: () => calls.clockSkewMs(),
  };
}

/** The audience's id, or its quoted name while it has none. */
function describeTarget(target: UploadTarget): string {
  return 'audienceId' in target ? target.audienceId : JSON.stringify(target.audienceName);
}

type Read<T> = { kind: 'value'; value: T } | { kind: 'failure'; failure: Failure };

function readExchange<T>({ result }: Exchange, schema: ZodType<T>): Read<T> {
  if (result.kind === 'network') return { kind: 'failure', failure: result };
  const { status, text, bodyBegun } = result;
  if (isForeign(result)) return { kind: 'failure', failure: { kind: 'foreign', status, bodyBegun } };
  if (status < 200 || status >= 300)
    return { kind: 'failure', failure: refusal(status, parseReasons(text), bodyBegun) };
  const value = parseAnswer(schema, text);
  if (value !== undefined) return { kind: 'value', value };
  return { kind: 'failure', failure: { kind: 'unreadable', status, coding: result.coding } };
}

function refusal(status: number, reasons: readonly string[], bodyBegun: boolean): Failure {
  return { kind: 'refused', status, reasons, isTransient: reasons.some(isTransientReason), bodyBegun };
}

function askedWaitMs({ result }: Exchange, nowMs: number): number {
  return result.kind === 'answer' ? retryAfterMs(result.retryAfter, result.date, nowMs) : 0;
}

/**
 * Lets the first request go alone. Whoever waited for it shares its failure when it never got through: the same would
 * happen to each of them. The next request after such a failure is a first one again.
 */
function createOpening() {
  let first: Promise<void> | undefined;
  return {
    hasBegun: () => first !== undefined,
    async pass<T>(request: () => Promise<T>): Promise<T> {
      if (first !== undefined) {
        await first;
        return request();
      }
      const result = request();
      first = result.then(
        () => {},
        (error: unknown) => {
          if (!isSharedFailure(error)) return;
          first = undefined;
          throw error;
        },
      );
      first.catch(() => {});
      return result;
    },
  };
}

const sharedCodes: ReadonlySet<ErrorCode> = new Set([
  'auth.failed',
  'line.unreachable',
  'line.blocked',
  'config.invalid',
]);

function isSharedFailure(error: unknown): boolean {
  return error instanceof SyncError && sharedCodes.has(error.code);
}

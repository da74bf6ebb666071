import type { ZodType } from 'zod';
import { createRequestLimiter } from '../../http/limits.ts';
import { createUploadForm } from '../../http/multipart.ts';
import { classifyFailure, createPatience, type Failure, retryAfterMs } from '../../http/retry.ts';
import { attemptTimeoutMs } from '../../http/transport.ts';
import type {
  DestinationSurroundings,
  DestinationTimes,
  RemoteUpload,
  Upload,
  UploadAttempt,
  UploadTarget,
} from '../destination.ts';
import type { LineAdsConfig } from './config.ts';
import { explainFailure, type RequestPurpose } from './errors.ts';
import { isForeign } from './foreignAnswers.ts';
import { uploadFields } from './form.ts';
import { isTransientReason } from './reasons.ts';
import {
  type AudiencePage,
  audienceAnswer,
  audiencePage,
  parseAnswer,
  parseReasons,
  uploadJobsAnswer,
} from './schemas.ts';
import { createSignedCalls, type Exchange, type LineRequest, type SignedCalls } from './signedCalls.ts';

export interface ApiOptions extends DestinationSurroundings, DestinationTimes {
  /** Name of the destination in the configuration. */
  name: string;
  /** Path of its settings in the configuration. */
  settingsPath: string;
  config: LineAdsConfig;
  /** The timeout of one attempt; `attemptTimeoutMs` by default. */
  timeoutMs?: (bodyBytes: number) => number;
}

/** The requests to LINE's audience API. Reads are retried; an upload is one attempt. */
export interface LineAdsApi {
  audiences(page: number): Promise<AudiencePage>;
  uploadJobs(audienceId: string): Promise<RemoteUpload[]>;
  upload(upload: Upload, attempt: number): Promise<UploadAttempt>;
  calls: Pick<SignedCalls, 'wasAnswered' | 'clockSkewMs'>;
}

/** The stack, outermost first: retry, limit, sign, timeout, undici. */
export function createLineAdsApi(options: ApiOptions): LineAdsApi {
  const { settingsPath, config, retry, clock, signal, createLimiter = createRequestLimiter } = options;
  const { adAccountId } = config;
  const calls = createSignedCalls({
    ...options,
    connection: config,
    limiter: createLimiter(config.limits.requestsPerSecond),
    uploadSignal: options.uploadSignal ?? signal,
    timeoutMs: options.timeoutMs ?? attemptTimeoutMs,
  });
  const audiencesPath = `/api/v3/adaccounts/${adAccountId}/custom-audiences`;

  function explain(failure: Failure, purpose: Purpose, { attempts, skewMs }: { attempts: number; skewMs: Skew }) {
    const circumstances = { attempts, skewMs, wasAnswered: calls.wasAnswered() };
    return explainFailure(failure, { ...purpose, adAccountId, settingsPath }, circumstances);
  }

  async function read<T>(request: Omit<LineRequest, 'method'>, schema: ZodType<T>, purpose: Purpose): Promise<T> {
    const patience = createPatience({ retry, clock, signal });
    for (let attempts = 0; ; ) {
      const exchange = await calls.send({ method: 'GET', ...request }, attempts + 1);
      attempts += exchange.calls;
      const answer = readAnswer(exchange, schema);
      if (answer.kind === 'value') return answer.value;
      const verdict = classifyFailure(answer.failure, 'read');
      if (!(await patience.mayRetry(verdict, exchange.ms, askedWaitMs(exchange, clock.now()))))
        throw explain(answer.failure, purpose, { attempts, skewMs: exchange.skewMs });
    }
  }

  return {
    calls,
    audiences(page) {
      const query = `?page=${page}&size=100&sortKey=created&sortOrder=desc`;
      return read({ path: audiencesPath, query }, audiencePage, { kind: 'audiences' });
    },
    async uploadJobs(audienceId) {
      const path = `${audiencesPath}/${encodeURIComponent(audienceId)}/upload-job`;
      const purpose = { kind: 'jobs', audience: audienceId } as const;
      return (await read({ path }, uploadJobsAnswer(audienceId), purpose)).jobs;
    },
    async upload(upload, attempt) {
      signal.throwIfAborted();
      const form = createUploadForm(uploadFields(upload), upload.file);
      const exchange = await calls.send({ method: 'POST', path: `${audiencesPath}/upload`, form }, attempt);
      const answer = readAnswer(exchange, audienceAnswer);
      if (answer.kind === 'value') return { kind: 'accepted', audience: answer.value, calls: exchange.calls };
      const purpose = { kind: upload.action, audience: describeTarget(upload.target) };
      return {
        kind: 'failed',
        verdict: classifyFailure(answer.failure, 'upload'),
        calls: exchange.calls,
        ms: exchange.ms,
        retryAfterMs: askedWaitMs(exchange, clock.now()),
        error: (attempts) => explain(answer.failure, purpose, { attempts, skewMs: exchange.skewMs }),
      };
    },
  };
}

type Purpose = Omit<RequestPurpose, 'adAccountId' | 'settingsPath'>;
type Skew = Exchange['skewMs'];

/** Returns the audience's id, or its quoted name while it has none. */
function describeTarget(target: UploadTarget): string {
  return 'audienceId' in target ? target.audienceId : JSON.stringify(target.audienceName);
}

type Answer<T> = { kind: 'value'; value: T } | { kind: 'failure'; failure: Failure };

function readAnswer<T>({ result }: Exchange, schema: ZodType<T>): Answer<T> {
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

import nock from 'nock';
import { Agent } from 'undici';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Audience, RemoteUpload } from '../../src/destinations/destination.ts';
import type { ApiOptions } from '../../src/destinations/lineAds/api.ts';
import { createLineAdsClient, type LineAdsClient } from '../../src/destinations/lineAds/client.ts';
import type { LineAdsConfig } from '../../src/destinations/lineAds/config.ts';
import { audienceState, effectOf, heldBy, uploadState } from '../../src/destinations/lineAds/words.ts';

export const startMs = Date.UTC(2026, 0, 15, 12, 0, 0);
export const accountPath = '/api/v3/adaccounts/A1/custom-audiences';

export interface FakeClock extends Clock {
  /** All sleeps, in order. */
  sleeps: number[];
}

/** Time that passes only in sleeps, and then at once. */
export function createFakeClock(random = 0.5): FakeClock {
  let now = startMs;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    random: () => random,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

export interface LoggedCall {
  method?: string;
  path?: string;
  status?: number | null;
  network?: string;
  attempt?: number;
  ms?: number;
}

export interface ClientSetup {
  client: LineAdsClient;
  options: ApiOptions;
  clock: FakeClock;
  logged: LoggedCall[];
  warned: Record<string, unknown>[];
  controller: AbortController;
}

type Overrides = Partial<Pick<ApiOptions, 'dispatcher' | 'timeoutMs' | 'uploadSignal' | 'settingsPath'>> & {
  connection?: Partial<LineAdsConfig>;
  limits?: Partial<LineAdsConfig['limits']>;
  retry?: Partial<ApiOptions['retry']>;
  jobs?: Partial<ApiOptions['jobs']>;
  random?: number;
};

export function setUpClient(overrides: Overrides = {}): ClientSetup {
  const { connection, limits, retry, jobs, random, ...rest } = overrides;
  const clock = createFakeClock(random);
  const logged: LoggedCall[] = [];
  const warned: Record<string, unknown>[] = [];
  const controller = new AbortController();
  const options: ApiOptions = {
    name: 'connection',
    settingsPath: 'connection',
    config: {
      type: 'line_ads',
      adAccountId: 'A1',
      accessKey: 'KEY-marked',
      secretKey: 'SECRET-marked',
      baseUrl: 'https://ads.line.me',
      signature: 'auto',
      batch: { maxRecords: 500_000, maxBytes: 62_914_560 },
      limits: { requestsPerSecond: 2000, concurrentReplaces: 3, concurrentUploads: 4, unfinishedJobs: 8, ...limits },
      ...connection,
    },
    retry: { maxAttempts: 4, baseMs: 100, maxDelayMs: 1000, maxTotalMs: 60_000, ...retry },
    jobs: { wait: true, timeoutMs: 100_000, pollMinMs: 1000, pollMaxMs: 8000, settleMs: 700, ...jobs },
    clock,
    dispatcher: new Agent({ allowH2: false }),
    log: {
      info: (fields) => void logged.push(fields),
      warn: (fields, message) => void warned.push({ ...fields, message }),
    },
    signal: controller.signal,
    ...rest,
  };
  return { client: createLineAdsClient(options), options, clock, logged, warned, controller };
}

/** Blocks the network, and asserts that each test has made its announced requests. */
export function useNock(): void {
  beforeEach(() => {
    nock.disableNetConnect();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    nock.enableNetConnect();
    expect(pending).toEqual([]);
  });
}

/** Returns an audience of LINE Ads. Its identifier type and its state follow from type and status by default. */
export function audienceOf(overrides: Partial<Audience> = {}): Audience {
  const { type = 'HASHED_EMAIL_UPLOAD', status = 'READY', estimatedSize = '12345' } = overrides;
  return {
    id: '5343822743474',
    name: 'Buyers',
    type,
    holds: heldBy(type),
    state: audienceState(status, estimatedSize),
    status,
    estimatedSize,
    createdMs: null,
    ...overrides,
  };
}

/** An audience as LINE's JSON has it. */
export function audienceJson(overrides: Partial<Audience> = {}) {
  const { id, name, type, status, estimatedSize, createdMs } = audienceOf(overrides);
  const created = createdMs === null ? null : new Date(createdMs).toISOString();
  return { id, name, functionType: type, status, estimatedAudienceSize: estimatedSize, created };
}

/** Returns an upload of LINE Ads. Its effect and its state follow from type and status by default. */
export function jobOf(overrides: Partial<RemoteUpload> = {}): RemoteUpload {
  const { type = 'DIFF_ADD', status = 'FINISHED' } = overrides;
  return {
    id: '1',
    label: 'run-sync-0.txt',
    effect: effectOf(type),
    state: uploadState(status),
    type,
    status,
    failure: null,
    processed: 2,
    createdMs: null,
    ...overrides,
  };
}

/** An upload job as LINE's JSON has it. */
export function jobJson(overrides: Partial<RemoteUpload> = {}) {
  const { id, label, type, status } = jobOf(overrides);
  return { audienceGroupJobId: Number(id), name: label, type, jobStatus: status };
}

export function pageOf(audiences: object[], hasNextPage = false, totalElements = audiences.length) {
  return { page: 1, size: 100, totalElements, hasNextPage, audienceGroups: audiences };
}

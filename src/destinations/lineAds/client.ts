import pLimit from 'p-limit';
import { createPatience } from '../../http/retry.ts';
import type { Destination } from '../destination.ts';
import { type ApiOptions, createLineAdsApi } from './api.ts';
import { createAudienceList } from './audienceList.ts';
import { lineAdsAccountId } from './config.ts';
import { createFirstRequest } from './firstRequest.ts';
import { maxFormOverheadBytes } from './form.ts';
import { describeSkew } from './lineClock.ts';
import { maxListedJobs } from './schemas.ts';
import { words } from './words.ts';

export interface LineAdsClient extends Destination {
  /** Tells whether LINE has answered any request yet, with any status. */
  wasAnswered(): boolean;
  /** LINE's clock minus ours, at the first answer that was more than a minute off. */
  clockSkewMs(): number | undefined;
}

/**
 * Creates the client of one LINE Ads account. The first request of a process is a GET and goes alone, since it finds the
 * signature form that LINE accepts.
 */
export function createLineAdsClient(options: ApiOptions): LineAdsClient {
  const { name, config, retry, jobs, clock, signal } = options;
  const { batch, limits } = config;
  const api = createLineAdsApi(options);
  const first = createFirstRequest();
  const createLimit = pLimit(1);
  const replaceLimit = pLimit(limits.concurrentReplaces);
  const uploadLimit = pLimit(limits.concurrentUploads);
  const getPage = (page: number) => first.pass(() => api.audiences(page));

  return {
    name,
    accountId: lineAdsAccountId(config),
    capabilities: {
      canReplace: true,
      maxLines: batch.maxRecords,
      maxBodyBytes: batch.maxBytes,
      concurrentUploads: limits.concurrentUploads,
      unfinishedUploads: limits.unfinishedJobs,
      maxListedUploads: maxListedJobs,
    },
    words,
    audiences: createAudienceList(getPage),
    uploadsTo: (audienceId) => first.pass(() => api.uploadJobs(audienceId)),
    labelOf: (stem) => `${stem}.txt`,
    maxOverheadBytes: maxFormOverheadBytes,
    async attemptUpload(upload, attempt) {
      if (!first.hasBegun()) await getPage(1);
      const send = () => uploadLimit(() => api.upload(upload, attempt));
      return first.pass(() => (upload.action === 'replace' ? replaceLimit(send) : send()));
    },
    uploadPatience: () => createPatience({ retry, clock, signal, rateLimitMs: jobs.timeoutMs }),
    createAlone: (create) => createLimit(create),
    warnings() {
      const skewMs = api.calls.clockSkewMs();
      return skewMs === undefined ? [] : [{ code: 'clock_skew', message: describeSkew(skewMs) }];
    },
    wasAnswered: api.calls.wasAnswered,
    clockSkewMs: api.calls.clockSkewMs,
  };
}

import { z } from 'zod';
import { integer } from '../../configFields.ts';
import { isLoopback } from '../../http/loopback.ts';

/*
 * The configuration of a LINE Ads account.
 */

/** LINE's limits (docs/line-ads-api.md, "Limits" and "File"), and our own of 500,000 records per upload. */
export const lineLimits = {
  maxRecords: 500_000,
  maxBytes: 62_914_560,
  requestsPerSecond: 10,
  concurrentReplaces: 3,
} as const;

function baseUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://ads.line.me';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must start with https://';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'must be https: plain http is allowed to loopback only';
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'must be scheme, host and port only, without a path';
  return undefined;
}

const baseUrl = z
  .string()
  .superRefine((text, context) => {
    const problem = baseUrlProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .default('https://ads.line.me')
  .meta({
    title: 'Base URL',
    description: 'Origin of the LINE Ads API: scheme, host and port. Plain http is allowed only to loopback.',
  });

const account = z.strictObject({
  adAccountId: z
    .string()
    .regex(/^[A-Za-z]?\d{1,20}$/, 'must be digits, or a letter and digits, such as A12345678901')
    .meta({
      title: 'Ad account ID',
      description: 'The LINE Ads account that owns the audiences: digits, or a letter and digits.',
    }),
  accessKey: z.string().min(1).meta({
    title: 'Access key',
    description: 'Access key of an API user with the Data Provider permission. Give it as ${NAME} or ${file:PATH}.',
    writeOnly: true,
    'x-secret': true,
  }),
  secretKey: z.string().min(1).meta({
    title: 'Secret key',
    description: 'Secret key that belongs to the access key. Give it as ${NAME} or ${file:PATH}.',
    writeOnly: true,
    'x-secret': true,
  }),
  baseUrl,
  signature: z.enum(['auto', 'rfc7515', 'padded']).default('auto').meta({
    title: 'Signature form',
    description:
      'Encoding of the three JWS parts: rfc7515 without "=", padded with it. auto finds the one that LINE accepts.',
  }),
});

/** The account of the syncs that name no destination. */
export const connection = z
  .strictObject({
    type: z.literal('line_ads').default('line_ads').meta({ title: 'Type', description: 'The platform: LINE Ads.' }),
    ...account.shape,
  })
  .meta({ title: 'Connection', description: 'The LINE Ads account and its API credentials.' });

const ownBatch = z
  .strictObject({
    maxRecords: integer(1, 1_500_000)
      .default(lineLimits.maxRecords)
      .meta({ title: 'Records per batch', description: 'Maximum number of lines in one upload.', unit: 'lines' }),
    maxBytes: integer(4_096, lineLimits.maxBytes)
      .default(lineLimits.maxBytes)
      .meta({ title: 'Bytes per batch', description: 'Maximum size of the whole body of one upload.', unit: 'bytes' }),
  })
  .meta({ title: 'Batches', description: 'Limits of one upload.' });

const ownLimits = z
  .strictObject({
    requestsPerSecond: integer(1, lineLimits.requestsPerSecond).default(lineLimits.requestsPerSecond).meta({
      title: 'Requests per second',
      description: 'Maximum number of requests that are started in any second.',
      unit: 'requests/s',
    }),
    concurrentReplaces: integer(1, lineLimits.concurrentReplaces).default(lineLimits.concurrentReplaces).meta({
      title: 'REPLACEs at once',
      description: 'Maximum number of REPLACE requests in flight.',
      unit: 'requests',
    }),
    concurrentUploads: integer(1, 16)
      .default(4)
      .meta({ title: 'Uploads at once', description: 'Maximum number of uploads in flight.', unit: 'requests' }),
    unfinishedJobs: integer(1, 10).default(8).meta({
      title: 'Unfinished jobs',
      description: 'Maximum number of unfinished jobs of one audience. Further uploads wait.',
      unit: 'jobs',
    }),
  })
  .meta({
    title: 'Limits',
    description:
      'Limits of the requests to LINE, per account. LINE allows 10 requests per second and 3 REPLACEs at once.',
  });

/** The settings of every account that has none of its own. */
export const batch = ownBatch.prefault({});
export const limits = ownLimits.prefault({});

/** A further account, by name. */
export const lineAdsDestination = z
  .strictObject({
    type: z.literal('line_ads').meta({ title: 'Type', description: 'The platform: LINE Ads.' }),
    ...account.shape,
    batch: ownBatch.optional(),
    limits: ownLimits.optional(),
  })
  .meta({ title: 'LINE Ads account', description: 'A LINE Ads account and its API credentials.' });

/** The fields that hold a secret. */
export const secretFields = ['accessKey', 'secretKey'] as const;

/** Keys of other tools in plain form, by the field that they stand for. */
export const keyAliases: Readonly<Record<string, readonly string[]>> = {
  adAccountId: ['account', 'accountid', 'adaccount', 'advertiserid', 'id'],
  accessKey: ['access', 'accesskeyid', 'apikey', 'key', 'accesstoken', 'token'],
  secretKey: ['secret', 'apisecret', 'secretaccesskey'],
  baseUrl: ['url', 'endpoint', 'host', 'apiurl'],
};

/** Tells whether a text cannot be a secret: an account ID of a few letters and then digits, or an address alone. */
export function isPresentable(field: string, text: string): boolean {
  if (field === 'adAccountId') return /^(?=.{1,21}$) ?[A-Za-z]{0,3}[-_ ]?\d{3,20} ?$/.test(text);
  return field === 'baseUrl' && /^https?:\/\/[a-z0-9.:[\]-]+\/?$/.test(text) && URL.canParse(text);
}

/** The account as the journal records it. */
export function lineAdsAccountId({ adAccountId }: Pick<AccountConfig, 'adAccountId'>): string {
  return `line_ads:${adAccountId}`;
}

export type AccountConfig = z.output<typeof account>;
export type BatchConfig = z.output<typeof batch>;
export type LimitsConfig = z.output<typeof limits>;

/** An account with the settings that hold for it. */
export interface LineAdsConfig extends AccountConfig {
  type: 'line_ads';
  batch: BatchConfig;
  limits: LimitsConfig;
}

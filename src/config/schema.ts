import metadata from 'libphonenumber-js/max/metadata';
import { z } from 'zod';
import { integer } from '../configFields.ts';
import { isLoopback } from '../http/loopback.ts';
import { isHashedType, kinds } from '../identifiers/kinds.ts';
import { nationalFormCountries, phoneFormats } from '../identifiers/phoneFormats.ts';
import { hashedSettings, hashingSettings, type IdentifierType, identifierTypes } from '../identifiers/rules.ts';
import { isSqlSource, type SourceConfig, sourceSchema } from '../sources/config.ts';

/*
 * The one description of the configuration: types, defaults, units and limits. `connector.json` and the README's table
 * are generated from it, and after loading nothing checks again.
 */

/** All that libphonenumber knows. */
export const countries: ReadonlySet<string> = new Set(Object.keys(metadata.countries));

export const modes = ['add', 'mirror'] as const;

export type Mode = (typeof modes)[number];

/** LINE's bounds (LINE Ads API reference, "Limits" and "File"), and our own of 500,000 records an upload. */
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
    description: 'Where the LINE Ads API answers: scheme, host and port. Plain http only to loopback.',
  });

const connection = z
  .strictObject({
    adAccountId: z
      .string()
      .regex(/^[A-Za-z]?\d{1,20}$/, 'must be digits, or a letter and digits, such as A12345678901')
      .meta({
        title: 'Ad account ID',
        description: 'The LINE Ads account that owns the audiences: digits, or a letter and digits.',
      }),
    accessKey: z.string().min(1).meta({
      title: 'Access key',
      description:
        'Access key of an API user with the Data Provider permission. Best given as ${NAME} or ${file:PATH}.',
      writeOnly: true,
      'x-secret': true,
    }),
    secretKey: z.string().min(1).meta({
      title: 'Secret key',
      description: 'Secret key that belongs to the access key. Best given as ${NAME} or ${file:PATH}.',
      writeOnly: true,
      'x-secret': true,
    }),
    baseUrl,
    signature: z.enum(['auto', 'rfc7515', 'padded']).default('auto').meta({
      title: 'Signature form',
      description:
        'How the three JWS parts are encoded: rfc7515 without "=", padded with it; auto finds out which LINE accepts.',
    }),
  })
  .meta({ title: 'Connection', description: 'The LINE Ads account and its API credentials.' });

const identifierType = z.enum(identifierTypes).meta({
  title: 'Identifier type',
  description: 'What the audience holds: hashed emails, hashed phone numbers, or advertising IDs (IDFA, AAID).',
});

const columns = z.array(z.string().min(1)).min(1).optional().meta({
  title: 'Columns',
  description:
    'Columns that hold the identifiers, in any case. Default: email; phone; or for ifa all that are present of ifa, idfa, gaid, advertising_id.',
});

const defaultCountry = z
  .string()
  .refine((code) => countries.has(code), 'must be a two-letter country code in capitals, such as JP, TH, TW or ID')
  .optional()
  .meta({
    title: 'Default country',
    description:
      'Phone only: the country of numbers written without a country code. Without it they are rejected (phone.no_country).',
  });

const countryColumn = z.string().min(1).optional().meta({
  title: 'Country column',
  description:
    'Phone only: a column with the country of each row, as ISO 3166 code of two or three letters in any case. A blank cell means defaultCountry; anything else rejects numbers without a country code (phone.unknown_country).',
});

/** Refuses a country column where nothing would be read by it. */
function checkCountryColumn(
  value: { identifierType: IdentifierType; countryColumn?: string | undefined },
  context: z.core.$RefinementCtx,
): void {
  if (value.countryColumn !== undefined && !kinds[value.identifierType].isPhone)
    context.addIssue({ code: 'custom', path: ['countryColumn'], message: 'goes with identifierType phone' });
}

const hashed = z.enum(hashedSettings).default('auto').meta({
  title: 'Already hashed',
  description:
    'auto: 64 hex characters pass as SHA-256 hashes; always: anything else is rejected; never: hashes are values like any other.',
});

const sync = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1-63 of a-z, 0-9, "_" and "-", starting with a letter or digit')
      .meta({ title: 'Name', description: 'Name of this sync, unique in the configuration.' }),
    audienceName: z
      .string()
      .min(1)
      .max(120)
      .regex(/^(?=.*\S)[^\p{Cc}]*$/u, 'must hold something to read and no control characters')
      .optional()
      .meta({
        title: 'Audience name',
        description:
          'Exact name of the audience, 1-120 characters. Needed unless audienceId is given; an audience is never renamed.',
      }),
    audienceId: z
      .string()
      .regex(/^\d{1,20}$/, 'must be digits, such as "5343822743474"')
      .optional()
      .meta({
        title: 'Audience ID',
        description:
          'ID of an existing audience. Without it the audience is found by exact name and type, else created.',
      }),
    identifierType,
    mode: z.enum(modes).meta({
      title: 'Mode',
      description: 'add: people are added, nobody leaves. mirror: the audience becomes exactly what the source holds.',
    }),
    columns,
    defaultCountry,
    countryColumn,
    phoneFormats: z
      .array(z.enum(phoneFormats))
      .min(1)
      .default([...phoneFormats])
      .meta({
        title: 'Phone forms',
        description:
          'Phone only: the forms in which each number is hashed and sent; national is sent only for numbers of defaultCountry, and only for JP, TH, TW and ID.',
      }),
    hashed,
    source: sourceSchema
      .optional()
      .meta({ title: 'Source', description: 'A source of its own, in place of the common one.' }),
    hashing: z.enum(hashingSettings).default('connector').meta({
      title: 'Hashing',
      description:
        'Where emails and phones from an SQL source are hashed. connector: here; warehouse: in its SQL, and values that this cannot normalise for sure are rejected (value.needs_connector); warehouse_or_raw: those alone are fetched as they are.',
    }),
    cursor: z
      .strictObject({
        column: z.string().min(1).meta({
          title: 'Cursor column',
          description:
            'A column that only grows, such as a time of change: after a success, an Add reads only rows with a greater value. Never one of identifiers.',
        }),
      })
      .optional()
      .meta({ title: 'Cursor', description: 'Incremental reading, for Add from an SQL source.' }),
  })
  .superRefine((value, context) => {
    if (value.audienceName === undefined && value.audienceId === undefined)
      context.addIssue({ code: 'custom', path: ['audienceName'], message: 'is needed unless audienceId is given' });
    if (
      kinds[value.identifierType].isPhone &&
      value.phoneFormats.length > 0 &&
      value.phoneFormats.every((form) => form === 'national') &&
      !nationalFormCountries.includes(value.defaultCountry ?? '')
    )
      context.addIssue({
        code: 'custom',
        path: ['phoneFormats'],
        message: 'national alone needs a defaultCountry of JP, TH, TW or ID',
      });
    checkCountryColumn(value, context);
  })
  .meta({ title: 'Sync', description: 'One audience, one identifier type, one mode.' });

const batch = z
  .strictObject({
    maxRecords: integer(1, 1_500_000)
      .default(lineLimits.maxRecords)
      .meta({ title: 'Records a batch', description: 'Most lines in one upload.', unit: 'lines' }),
    maxBytes: integer(4_096, lineLimits.maxBytes)
      .default(lineLimits.maxBytes)
      .meta({ title: 'Bytes a batch', description: 'Largest body of one upload, all of it counted.', unit: 'bytes' }),
  })
  .prefault({})
  .meta({ title: 'Batches', description: 'How uploads are cut.' });

const limits = z
  .strictObject({
    requestsPerSecond: integer(1, lineLimits.requestsPerSecond).default(lineLimits.requestsPerSecond).meta({
      title: 'Requests a second',
      description: 'Most requests started in any second, over everything.',
      unit: 'requests/s',
    }),
    concurrentReplaces: integer(1, lineLimits.concurrentReplaces).default(lineLimits.concurrentReplaces).meta({
      title: 'REPLACEs at once',
      description: 'Most REPLACE requests in flight for the account.',
      unit: 'requests',
    }),
    concurrentUploads: integer(1, 16)
      .default(4)
      .meta({ title: 'Uploads at once', description: 'Most uploads in flight.', unit: 'requests' }),
    unfinishedJobs: integer(1, 10).default(8).meta({
      title: 'Unfinished jobs',
      description: 'Most jobs of one audience that LINE has not finished; further uploads wait.',
      unit: 'jobs',
    }),
  })
  .prefault({})
  .meta({
    title: 'Limits',
    description: "How hard LINE's API is used. LINE allows 10 requests a second and 3 REPLACEs at once.",
  });

const retry = z
  .strictObject({
    maxAttempts: integer(1, 50)
      .default(8)
      .meta({ title: 'Attempts', description: 'Most attempts of one request.', unit: 'attempts' }),
    baseMs: integer(1, 60_000).default(500).meta({
      title: 'First delay',
      description: 'Upper bound of the first delay; it doubles with each attempt, and the delay is drawn below it.',
      unit: 'ms',
    }),
    maxDelayMs: integer(1, 600_000)
      .default(30_000)
      .meta({ title: 'Longest delay', description: 'Upper bound of any delay that LINE did not ask for.', unit: 'ms' }),
    maxTotalMs: integer(1, 86_400_000)
      .default(900_000)
      .meta({ title: 'Total time', description: 'Most time spent on one request with all its attempts.', unit: 'ms' }),
  })
  .prefault({})
  .meta({ title: 'Retries', description: 'What happens after a transient failure of a request.' });

const jobs = z
  .strictObject({
    wait: z.boolean().default(true).meta({
      title: 'Wait',
      description:
        "Whether to follow LINE's jobs to their end; false ends after the last upload with status pending and exit 0.",
    }),
    timeoutMs: integer(1_000, 604_800_000).default(86_400_000).meta({
      title: 'Job timeout',
      description:
        'Longest wait for jobs, and for a rate-limited upload; then the run ends with status pending and exit 75.',
      unit: 'ms',
    }),
    pollMinMs: integer(10, 3_600_000).default(5_000).meta({
      title: 'Shortest poll',
      description: 'First delay between two looks at the jobs; it grows from there.',
      unit: 'ms',
    }),
    pollMaxMs: integer(10, 3_600_000)
      .default(300_000)
      .meta({ title: 'Longest poll', description: 'Longest delay between two looks at the jobs.', unit: 'ms' }),
    settleMs: integer(10, 600_000).default(5_000).meta({
      title: 'Settle time',
      description: 'How long to wait after a lost answer before looking whether the upload arrived.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({ title: 'Jobs', description: 'LINE works on uploads asynchronously; this is how its jobs are followed.' });

const share = z.number().min(0).max(1);

const guards = z
  .strictObject({
    maxShrink: share.default(0.5).meta({
      title: 'Largest shrink',
      description:
        'Largest share of the members that a mirror may remove without --approve. Without a snapshot of the last run, what LINE tells of the last uploads is compared with.',
    }),
    maxRejected: share.default(0.5).meta({
      title: 'Largest share rejected',
      description:
        'Largest share of the values that may be rejected (ifa.all_zero not counted); above it nothing is sent.',
    }),
    minMembers: integer(1, 1_000_000_000)
      .default(1)
      .meta({ title: 'Fewest members', description: 'Below this many members nothing is sent.', unit: 'members' }),
    maxDoubtful: share.default(0.5).meta({
      title: 'Largest share doubtful',
      description:
        'Largest share of the phone numbers without a country code that may be invalid in the country they are read in, by a sample of up to 10,000; above it, with 100 or more sampled, nothing is sent. Over 5 % there is a warning (phone_country_doubtful).',
    }),
  })
  .prefault({})
  .meta({ title: 'Guards', description: 'What stops a run before anything is sent.' });

const state = z
  .strictObject({
    directory: z.string().min(1).default('.line-ads-sync').meta({
      title: 'State directory',
      description:
        'Private folder for lock, journal, snapshots and working files, relative to the working directory. One process at a time uses it.',
    }),
    keepSnapshots: z.boolean().default(true).meta({
      title: 'Keep snapshots',
      description:
        'Whether the members that LINE holds are remembered (hashed, private), so that the next run sends only what changed; false sends the whole set each time.',
    }),
    resumeMaxAgeHours: z.number().min(0).max(8_760).default(24).meta({
      title: 'Oldest plan to resume',
      description:
        'Uploads that an earlier run has left are completed up to this age, and accepted ones whose jobs LINE does not list are waited for. Older ones are discarded, and the whole set is sent.',
      unit: 'hours',
    }),
  })
  .prefault({})
  .meta({ title: 'State', description: 'Where a run keeps what it needs, and for how long.' });

const plan = z
  .strictObject({
    fullRefreshDays: z.number().min(0).max(3_650).default(7).meta({
      title: 'Full refresh',
      description: 'After so many days the whole set is sent again, whatever has changed; 0 sends it in every run.',
      unit: 'days',
    }),
  })
  .prefault({})
  .meta({ title: 'Plan', description: 'How much of the members a run sends.' });

const shutdown = z
  .strictObject({
    graceMs: integer(0, 3_600_000).default(20_000).meta({
      title: 'Grace',
      description: 'After SIGTERM, SIGINT or SIGHUP, how long uploads in flight may take to end.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({ title: 'Shutdown', description: 'How a run that is told to stop ends.' });

const rejects = z
  .strictObject({
    path: z.string().min(1).meta({
      title: 'Path',
      description: 'File for one JSON line a rejected value (0600); made anew by each run that reads the source.',
    }),
    keyColumn: z.string().min(1).optional().meta({
      title: 'Key column',
      description: 'A column whose value is written with each reject, to find the row again. Never one of identifiers.',
    }),
  })
  .meta({ title: 'Rejects', description: 'Where rejected values are listed, by row and shape; never the values.' });

const suppression = z
  .strictObject({ source: sourceSchema, identifierType, columns, defaultCountry, countryColumn, hashed })
  .superRefine(checkCountryColumn)
  .meta({
    title: 'Suppression',
    description: 'A list of people who must not be uploaded, by whatever sync of that identifier type.',
  });

type SyncInput = {
  name: string;
  audienceId?: string | undefined;
  audienceName?: string | undefined;
  identifierType: string;
};

function checkSyncsAreDistinct(
  syncs: readonly SyncInput[],
  report: (index: number, field: string, message: string) => void,
) {
  syncs.forEach((sync, index) => {
    const twin = (isTwin: (other: SyncInput) => boolean) => syncs.slice(0, index).findIndex(isTwin);
    const sameName = twin((other) => other.name === sync.name);
    if (sameName >= 0) report(index, 'name', `is also the name of syncs[${sameName}]; names must be unique`);
    const sameId = twin((other) => sync.audienceId !== undefined && other.audienceId === sync.audienceId);
    if (sameId >= 0)
      report(index, 'audienceId', `is also the audience of syncs[${sameId}]; two syncs must not share an audience`);
    const sameAudience = twin(
      (other) =>
        (sync.audienceId === undefined || other.audienceId === undefined) &&
        other.audienceName === sync.audienceName &&
        other.identifierType === sync.identifierType,
    );
    if (sync.audienceName !== undefined && sameAudience >= 0)
      report(
        index,
        'audienceName',
        `is also the audience of syncs[${sameAudience}]; two syncs must not share an audience`,
      );
  });
}

type Report = (path: (string | number)[], message: string) => void;

interface ReadingInput {
  source?: SourceConfig | undefined;
  syncs: readonly z.output<typeof sync>[];
  state: { keepSnapshots: boolean };
}

/** Every sync has a source, and one that can do what the sync asks of it. */
function checkSources({ source, syncs, state }: ReadingInput, report: Report): void {
  syncs.forEach((sync, index) => {
    const own = sync.source ?? source;
    const say = (field: string, message: string) => report(['syncs', index, field], message);
    if (own === undefined) say('source', 'is needed, as there is no common source');
    const isSql = own === undefined || isSqlSource(own);
    if (sync.hashing !== 'connector' && !isHashedType(sync.identifierType))
      say('hashing', 'goes with emails and phones; advertising IDs are never hashed');
    else if (sync.hashing !== 'connector' && !isSql) say('hashing', `needs an SQL source, not ${own?.type}`);
    if (sync.hashing !== 'connector' && sync.countryColumn !== undefined)
      say(
        'countryColumn',
        `goes with hashing: connector, as the SQL of ${sync.hashing} reads numbers of one country only`,
      );
    if (sync.cursor === undefined) return;
    if (sync.mode === 'mirror') say('cursor', 'goes with mode add; a mirror needs all rows');
    else if (!isSql) say('cursor', `needs an SQL source, not ${own?.type}`);
    else if (!state.keepSnapshots) say('cursor', 'needs state.keepSnapshots: what was read before is remembered there');
  });
}

/** What is written down of rows is never an identifier. */
function checkNamedColumns(
  { syncs, rejects }: Pick<ReadingInput, 'syncs'> & { rejects?: { keyColumn?: string | undefined } | undefined },
  report: Report,
): void {
  const identifiers = new Set(
    [
      ...syncs.flatMap((sync) => wantedColumns(sync).names),
      ...Object.values(kinds).flatMap((kind) => kind.columns),
    ].map((name) => name.toLowerCase()),
  );
  const check = (path: (string | number)[], name: string | undefined) => {
    if (name !== undefined && identifiers.has(name.toLowerCase()))
      report(path, 'is a column of identifiers, which must not be written down');
  };
  check(['rejects', 'keyColumn'], rejects?.keyColumn);
  syncs.forEach(({ cursor }, index) => {
    check(['syncs', index, 'cursor', 'column'], cursor?.column);
  });
}

export const configSchema = z
  .strictObject({
    connection,
    source: sourceSchema.optional(),
    syncs: z
      .array(sync)
      .min(1)
      .superRefine((syncs, context) => {
        checkSyncsAreDistinct(syncs, (index, field, message) =>
          context.addIssue({ code: 'custom', path: [index, field], message }),
        );
      })
      .meta({ title: 'Syncs', description: 'The audiences to keep in step.' }),
    batch,
    limits,
    retry,
    jobs,
    guards,
    state,
    plan,
    shutdown,
    rejects: rejects.optional(),
    suppress: z.array(suppression).default([]).meta({
      title: 'Suppressions',
      description:
        'Lists of people who must not be uploaded: opt-outs, consent withdrawn. One that cannot be read stops every sync of its type.',
    }),
  })
  .superRefine((config, context) => {
    checkSources(config, (path, message) => context.addIssue({ code: 'custom', path, message }));
    checkNamedColumns(config, (path, message) => context.addIssue({ code: 'custom', path, message }));
  })
  .meta({ title: 'line-ads-sync configuration' });

export type Config = z.output<typeof configSchema>;
export type ConnectionConfig = Config['connection'];
export type SyncConfig = Config['syncs'][number];
export type SuppressionConfig = Config['suppress'][number];

/**
 * The columns that hold the identifiers: all of the configured ones, or those present of the type's usual names; and the
 * column that holds the country of each row.
 */
export function wantedColumns(given: {
  identifierType: IdentifierType;
  columns?: readonly string[] | undefined;
  countryColumn?: string | undefined;
}): {
  names: readonly string[];
  required: 'all' | 'any';
  identifierType: IdentifierType;
  country: string | undefined;
} {
  const { identifierType, columns, countryColumn: country } = given;
  return columns === undefined
    ? { names: kinds[identifierType].columns, required: 'any', identifierType, country }
    : { names: columns, required: 'all', identifierType, country };
}

/** The source of a sync. */
export function sourceOf({ source }: Pick<Config, 'source'>, sync: Pick<SyncConfig, 'source'>): SourceConfig {
  const own = sync.source ?? source;
  if (own === undefined) throw new Error('a sync without a source came through the schema');
  return own;
}

import metadata from 'libphonenumber-js/max/metadata';
import { z } from 'zod';
import { namePattern, nameRule } from '../configFields.ts';
import { connectionName, destinations } from '../destinations/config.ts';
import { batch, connection, limits } from '../destinations/lineAds/config.ts';
import { jobs, retry } from '../destinations/settings.ts';
import { isHashedType, kinds } from '../identifiers/kinds.ts';
import { nationalFormCountries, phoneFormats } from '../identifiers/phoneFormats.ts';
import { hashedSettings, hashingSettings, type IdentifierType, identifierTypes } from '../identifiers/rules.ts';
import { isSqlSource, type SourceConfig, sourceSchema } from '../sources/config.ts';
import { checkDestinations, checkSyncsAreDistinct, hasDestination, type Report } from './checkDestinations.ts';
import { guards, plan, rejects, shutdown, state } from './settings.ts';

/*
 * The schema of the configuration: types, defaults, units and limits. `connector.json` and the tables of docs/config.md
 * are generated from it. After loading, nothing checks the configuration again.
 */

/** The countries that libphonenumber knows. */
export const countries: ReadonlySet<string> = new Set(Object.keys(metadata.countries));

export const modes = ['add', 'mirror'] as const;
export type Mode = (typeof modes)[number];

const identifierType = z.enum(identifierTypes).meta({
  title: 'Identifier type',
  description:
    'Type of the identifiers in the audience: hashed emails, hashed phone numbers, or advertising IDs (IDFA, AAID).',
});

const columns = z.array(z.string().min(1)).min(1).optional().meta({
  title: 'Columns',
  description:
    'Columns that hold the identifiers, in any case. Default: email; phone; or, for ifa, all of ifa, idfa, gaid and advertising_id that are present.',
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
    'Phone only: a column with the country of each row, an ISO 3166 code of two or three letters in any case. A blank cell means defaultCountry; any other text rejects numbers without a country code (phone.unknown_country).',
});

/** Refuses a country column for identifiers that have no country. */
function checkCountryColumn(
  value: { identifierType: IdentifierType; countryColumn?: string | undefined },
  context: z.core.$RefinementCtx,
): void {
  if (value.countryColumn !== undefined && !kinds[value.identifierType].isPhone)
    context.addIssue({ code: 'custom', path: ['countryColumn'], message: 'is for identifierType phone only' });
}

const hashed = z.enum(hashedSettings).default('auto').meta({
  title: 'Already hashed',
  description:
    'auto: 64 hex characters pass as SHA-256 hashes. always: any other value is rejected. never: a hash is a value like any other.',
});

const sync = z
  .strictObject({
    name: z
      .string()
      .regex(namePattern, nameRule)
      .meta({ title: 'Name', description: 'Name of this sync, unique in the configuration.' }),
    destination: z.string().default(connectionName).meta({
      title: 'Destination',
      description: 'Name of the destination that holds the audience: one of `destinations`, or "connection".',
    }),
    audienceName: z
      .string()
      .min(1)
      .max(120)
      .regex(/^(?=.*\S)[^\p{Cc}]*$/u, 'must hold visible characters and no control characters')
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
      description:
        'add: members are added and never removed. mirror: the audience becomes exactly the member set of the source.',
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
        'Where emails and phone numbers from an SQL source are hashed. connector: in this process. warehouse: in the SQL; values that the SQL cannot normalise reliably are rejected (value.needs_connector). warehouse_or_raw: only those values are fetched without hashing.',
    }),
    cursor: z
      .strictObject({
        column: z.string().min(1).meta({
          title: 'Cursor column',
          description:
            'A column that only grows, such as a modification time. After a success, an Add reads only rows with a greater value. Never a column of identifiers.',
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
        message: 'must hold another form beside national, unless defaultCountry is JP, TH, TW or ID',
      });
    checkCountryColumn(value, context);
  })
  .meta({ title: 'Sync', description: 'One audience, one identifier type, one mode.' });

const suppression = z
  .strictObject({ source: sourceSchema, identifierType, columns, defaultCountry, countryColumn, hashed })
  .superRefine(checkCountryColumn)
  .meta({
    title: 'Suppression',
    description: 'A list of members that no sync of their identifier type uploads.',
  });

interface ReadingInput {
  source?: SourceConfig | undefined;
  syncs: readonly z.output<typeof sync>[];
  state: { keepSnapshots: boolean };
}

/** Every sync has a source that supports its settings. */
function checkSources({ source, syncs, state }: ReadingInput, report: Report): void {
  syncs.forEach((sync, index) => {
    const own = sync.source ?? source;
    const say = (field: string, message: string) => report(['syncs', index, field], message);
    if (own === undefined) say('source', 'is missing, and there is no common source');
    const isSql = own === undefined || isSqlSource(own);
    if (sync.hashing !== 'connector' && !isHashedType(sync.identifierType))
      say('hashing', 'is for emails and phone numbers; advertising IDs are never hashed');
    else if (sync.hashing !== 'connector' && !isSql) say('hashing', `needs an SQL source, not ${own?.type}`);
    if (sync.hashing !== 'connector' && sync.countryColumn !== undefined)
      say(
        'countryColumn',
        `needs hashing: connector, since the SQL of ${sync.hashing} reads the numbers of one country only`,
      );
    if (sync.cursor === undefined) return;
    if (sync.mode === 'mirror') say('cursor', 'needs mode add, since a mirror reads all rows');
    else if (!isSql) say('cursor', `needs an SQL source, not ${own?.type}`);
    else if (!state.keepSnapshots)
      say('cursor', 'needs state.keepSnapshots, which records the greatest value that was read');
  });
}

/** The columns whose values are recorded hold no identifiers. */
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
      report(path, 'is a column of identifiers, which are never recorded');
  };
  check(['rejects', 'keyColumn'], rejects?.keyColumn);
  syncs.forEach(({ cursor }, index) => {
    check(['syncs', index, 'cursor', 'column'], cursor?.column);
  });
}

export const configSchema = z
  .strictObject({
    connection: connection.optional(),
    destinations,
    source: sourceSchema.optional(),
    syncs: z
      .array(sync)
      .min(1)
      .superRefine((syncs, context) => {
        checkSyncsAreDistinct(syncs, (path, message) => context.addIssue({ code: 'custom', path, message }));
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
        'Lists of members that are never uploaded, such as opt-outs and withdrawn consent. A list that cannot be read stops every sync of its type.',
    }),
    $schema: z.string().optional().meta({
      title: 'Schema',
      description: 'The address of a JSON Schema for an editor. It is ignored.',
    }),
  })
  .refine(hasDestination, {
    path: ['connection'],
    message: 'is needed unless every sync names one of `destinations`',
    // Without this, zod would report the other problems only.
    when: () => true,
  })
  .superRefine((config, context) => {
    const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message });
    checkDestinations(config, report);
    checkSources(config, report);
    checkNamedColumns(config, report);
  })
  .meta({ title: 'line-ads-sync configuration' });

export type Config = z.output<typeof configSchema>;
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
  if (own === undefined) throw new Error('a sync without a source passed the schema');
  return own;
}

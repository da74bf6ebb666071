import { closest, distance } from 'fastest-levenshtein';
import { destinationKeyAliases } from '../destinations/config.ts';

/*
 * Suggestions for keys and values that other tools write differently.
 */

/** Lower-case without separators: "access_key" is accessKey. */
function plainForm(word: string): string {
  return word.toLowerCase().replace(/[\s_.-]/g, '');
}

/** Words in plain form, by the key or value that they stand for. */
type Aliases = Readonly<Record<string, readonly string[]>>;

const valueAliases: Readonly<Record<string, Aliases>> = {
  mode: {
    mirror: ['replace', 'overwrite', 'sync', 'full', 'fullsync', 'exact'],
    add: ['append', 'upsert', 'insert', 'update', 'incremental'],
  },
  identifierType: {
    email: ['emails', 'mail', 'mails', 'emailaddress', 'hashedemail', 'emailsha256'],
    phone: ['phones', 'tel', 'telephone', 'mobile', 'phonenumber', 'hashedphone', 'phonesha256', 'msisdn'],
    ifa: ['idfa', 'gaid', 'aaid', 'device', 'deviceid', 'maid', 'advertisingid'],
  },
  type: {
    postgres: ['postgresql', 'pg', 'redshift', 'alloydb'],
    mysql: ['mariadb'],
    files: ['csv', 'tsv', 'parquet', 'json', 'jsonl', 'file', 's3', 'local'],
    bigquery: ['bq'],
    snowflake: ['snow'],
    line_ads: ['line'],
  },
  encoding: {
    shift_jis: ['sjis', 'cp932', 'ms932', 'windows31j'],
    'windows-874': ['tis620', 'cp874'],
    gb18030: ['gbk', 'gb2312', 'cp936'],
    big5: ['cp950'],
  },
};

const keyAliases: Aliases = {
  ...destinationKeyAliases,
  audienceName: ['audience', 'title'],
  audienceId: ['id'],
  identifierType: ['type', 'identifier', 'idtype'],
  columns: ['column', 'fields'],
  defaultCountry: ['country', 'region'],
  url: [
    'host',
    'hostname',
    'port',
    'user',
    'username',
    'password',
    'database',
    'dbname',
    'uri',
    'dsn',
    'connectionstring',
  ],
  path: ['file', 'files', 'filename', 'glob', 'directory', 'paths'],
  query: ['sql', 'select', 'statement'],
  where: ['filter', 'condition'],
  keyFile: ['credentials', 'credentialsfile', 'serviceaccount'],
  projectId: ['project'],
  username: ['user'],
  source: ['sources'],
  syncs: ['sync', 'audiences'],
  destinations: ['destination'],
  suppress: ['suppression', 'suppressions', 'suppressed', 'exclude', 'optouts'],
};

/** Details of a key that takes the place of several. */
const keyNotes: Readonly<Record<string, string>> = {
  url: ', which holds user, password, host, port and database',
};

function meant(word: string, known: readonly string[], aliases: Aliases): string | undefined {
  const plain = plainForm(word);
  return known.find((each) => plainForm(each) === plain) ?? known.find((each) => aliases[each]?.includes(plain));
}

/** Returns the known key that an unknown key stands for, else the one that is spelt most like it, with its details. */
export function suggestKey(key: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const suggested = meant(key, known, keyAliases) ?? closest(key, known);
  return `${suggested}${keyNotes[suggested] ?? ''}`;
}

/** Returns the allowed value of a field that another word stands for. */
export function suggestValue(field: string, word: string, allowed: readonly string[]): string | undefined {
  return meant(word, allowed, valueAliases[field] ?? {});
}

/** Returns the allowed value that is spelt almost like the word. */
export function nearestValue(word: string, allowed: readonly string[]): string | undefined {
  const nearest = allowed.length === 0 ? undefined : closest(word.toLowerCase(), allowed);
  return nearest !== undefined && distance(word.toLowerCase(), nearest) <= nearest.length / 3 ? nearest : undefined;
}

import { type Config, type SyncConfig, sourceOf, wantedColumns } from '../config/schema.ts';
import { accountIdOf, destinationConfigOf } from '../destinations/config.ts';
import { kinds } from '../identifiers/kinds.ts';
import { formsInOrder } from '../identifiers/phoneFormats.ts';
import { type SourceConfig, secretSourceFields } from '../sources/config.ts';
import type { SyncKey } from './journal.ts';

/*
 * The settings under which a run worked, as text. The journal keeps keyed digests of them for the next run to compare.
 */

/** The key of a sync in the journal. */
export function syncKeyOf(config: Config, { name, destination }: SyncConfig): SyncKey {
  return { accountId: accountIdOf(destinationConfigOf(config, destination)), syncName: name };
}

/** Settings that a snapshot and a new member set must share to be comparable. */
export function membershipSettings(sync: SyncConfig): string {
  const { identifierType, mode, hashed } = sync;
  const { names, country: countryColumn } = wantedColumns(sync);
  const phone = kinds[identifierType].isPhone
    ? {
        forms: formsInOrder(sync.phoneFormats),
        country: sync.defaultCountry ?? null,
        countryColumn: countryColumn?.toLowerCase(),
      }
    : {};
  const columns = names.map((name) => name.toLowerCase());
  return JSON.stringify({ identifierType, mode, hashed, columns, ...phone });
}

/** Further settings under which the uploads that a run left are still wanted: source, suppressions and audience. */
export function originSettings(config: Config, sync: SyncConfig): string {
  const { audienceId, audienceName, hashing, cursor, identifierType } = sync;
  const suppress = config.suppress
    .filter((entry) => entry.identifierType === identifierType)
    .map(({ source, ...entry }) => ({ ...entry, source: sourceSettings(source) }));
  const source = sourceSettings(sourceOf(config, sync));
  return JSON.stringify({ source, audienceId, audienceName, hashing, cursor, suppress });
}

/** Settings of a source without its secrets: a new password does not make a new source. */
export function sourceSettings(source: SourceConfig): object {
  const settings = Object.entries(source).filter(([field]) => !secretSourceFields.some((secret) => secret === field));
  return { ...Object.fromEntries(settings), ...('url' in source && { url: withoutPassword(source.url) }) };
}

function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/?#:@]*):[^/?#]*@/i, '$1@');
}

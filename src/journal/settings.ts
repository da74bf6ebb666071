import { type Config, type SyncConfig, sourceOf, wantedColumns } from '../config/schema.ts';
import { kinds } from '../identifiers/kinds.ts';
import { formsInOrder } from '../identifiers/phoneFormats.ts';
import { type SourceConfig, secretSourceFields } from '../sources/config.ts';

/*
 * What of the configuration decides about an earlier run's work, as text to be kept as a keyed digest.
 */

/** What decides whether a snapshot and a new member set can be compared. */
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

/** What decides, beside that, whether the uploads that a run left are still wanted: where from, whom not, and where to. */
export function originSettings(config: Config, sync: SyncConfig): string {
  const { audienceId, audienceName, hashing, cursor, identifierType } = sync;
  const suppress = config.suppress
    .filter((entry) => entry.identifierType === identifierType)
    .map(({ source, ...entry }) => ({ ...entry, source: sourceSettings(source) }));
  const source = sourceSettings(sourceOf(config, sync));
  return JSON.stringify({ source, audienceId, audienceName, hashing, cursor, suppress });
}

/** A source without its secrets: a new password is no new source. */
export function sourceSettings(source: SourceConfig): object {
  const settings = Object.entries(source).filter(([field]) => !secretSourceFields.some((secret) => secret === field));
  return { ...Object.fromEntries(settings), ...('url' in source && { url: withoutPassword(source.url) }) };
}

function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/?#:@]*):[^/?#]*@/i, '$1@');
}

import { type Config, type SyncConfig, wantedColumns } from '../config.ts';
import { formsInOrder } from '../identifiers/phone.ts';

/*
 * What of the configuration decides about an earlier run's work, as text to be kept as a keyed digest.
 */

/** What decides whether a snapshot and a new member set can be compared. */
export function membershipSettings(sync: SyncConfig): string {
  const { identifierType, mode, hashed } = sync;
  const phone =
    identifierType === 'phone' ? { forms: formsInOrder(sync.phoneFormats), country: sync.defaultCountry ?? null } : {};
  const columns = wantedColumns(sync).names.map((name) => name.toLowerCase());
  return JSON.stringify({ identifierType, mode, hashed, columns, ...phone });
}

/** What decides, beside that, whether the uploads that a run left are still wanted: where from, and where to. */
export function originSettings({ source }: Config, { audienceId, audienceName }: SyncConfig): string {
  return JSON.stringify({ source, audienceId, audienceName });
}

import { SyncError } from '../errors.ts';
import type { SyncKey } from '../journal/journal.ts';

/**
 * Returns a function that throws `audience.ambiguous` if another sync of the account claimed the audience before. Two syncs
 * can name one audience by id and by name, and only the destination's list shows that they are the same.
 */
export function createClaims(): (audienceId: string, sync: SyncKey) => void {
  const syncByAudience = new Map<string, string>();
  return (audienceId, { accountId, syncName }) => {
    const audience = JSON.stringify([accountId, audienceId]);
    const other = syncByAudience.get(audience);
    if (other !== undefined)
      throw new SyncError(
        'audience.ambiguous',
        `Audience ${audienceId} is already the audience of the sync ${other}.`,
        'Give each sync an audience of its own.',
      );
    syncByAudience.set(audience, syncName);
  };
}

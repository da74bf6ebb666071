import type { Audience, AudienceList } from '../destinations/destination.ts';
import type { Warning } from '../report/report.ts';

/** A sync that succeeded, and the audiences of its destination. */
export interface SyncedAudience {
  syncName: string;
  audienceId: string | null;
  audiences: AudienceList;
}

export interface ClosingLook {
  /** Undefined if the destination does not show it. */
  audience: Audience | undefined;
  warnings: readonly Warning[];
}

/** Returns the state of each audience after the uploads. One reading of an audience list serves all syncs. */
export async function takeClosingLooks(synced: readonly SyncedAudience[]): Promise<ClosingLook[]> {
  const lists = new Map<AudienceList, Promise<readonly Audience[] | undefined>>();
  for (const { audiences } of synced)
    if (!lists.has(audiences))
      lists.set(
        audiences,
        audiences.reread().catch(() => undefined),
      );
  return Promise.all(synced.map(async (sync) => lookAt(sync, await lists.get(sync.audiences))));
}

function lookAt({ syncName, audienceId }: SyncedAudience, listed: readonly Audience[] | undefined): ClosingLook {
  if (listed === undefined) return { audience: undefined, warnings: [notSeen(syncName)] };
  const audience = listed.find(({ id }) => id === audienceId);
  return { audience, warnings: audience?.state === 'filling' ? [notPopulating(audience)] : [] };
}

function notSeen(syncName: string): Warning {
  return {
    code: 'audience_not_seen',
    message: `The jobs of ${syncName} finished, but the list of audiences could not be read after them.`,
  };
}

function notPopulating({ status, estimatedSize }: Audience): Warning {
  return {
    code: 'audience_not_populating',
    message: `The audience is ${status}, and its estimated size is ${estimatedSize ?? 'unknown'}. Matching may take LINE hours, and LINE cannot advertise to 100 or fewer matched people. If the size does not grow, check the form of the identifiers (for phones: phoneFormats).`,
  };
}

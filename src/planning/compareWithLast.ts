import { join } from 'node:path';
import type { SyncConfig } from '../config/schema.ts';
import type { Audience, UploadJob } from '../destinations/lineAds/schemas.ts';
import { kinds } from '../identifiers/kinds.ts';
import { syncKeyOf } from '../journal/journal.ts';
import { type LastUpload, recallLastUpload } from '../journal/lastUpload.ts';
import { compareSets, type Difference } from '../members/difference.ts';
import type { SealedSet } from '../members/memberSet.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { RunContext } from '../run/context.ts';

/** What the desired members are compared with, and what that gives. */
export interface Comparison {
  listed: readonly UploadJob[];
  last: LastUpload;
  difference: Difference | undefined;
}

export async function compareWithLast(
  sync: SyncConfig,
  audience: Audience | undefined,
  desired: DesiredMembers,
  { client, journal, config, signal }: RunContext,
): Promise<Comparison> {
  const listed = audience === undefined ? [] : await client.uploadJobs(audience.id);
  const snapshot = config.state.keepSnapshots ? journal.snapshot(syncKeyOf(config, sync)) : undefined;
  const last = await recallLastUpload({ sync, journal, snapshot, audience, listed });
  if (last.known === undefined || desired.members.count === 0) return { listed, last, difference: undefined };
  const { members } = desired;
  const isSame = journal.keyed(members.digest) === last.known.snapshot.set.keyedDigest;
  const difference = isSame
    ? noDifference(members)
    : await compareSets(members, last.known.set, {
        kind: kinds[sync.identifierType],
        directory: join(desired.directory, 'difference'),
        wantsUnion: sync.mode === 'add',
        signal,
      });
  return { listed, last, difference };
}

function noDifference(members: SealedSet): Difference {
  const toSend = { ...members, count: 0 };
  return { added: 0, removed: 0, unchanged: members.count, gained: 0, lost: 0, toSend, union: members };
}

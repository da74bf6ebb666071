import { join } from 'node:path';
import type { RemoteUpload } from '../destinations/destination.ts';
import { kinds } from '../identifiers/kinds.ts';
import { type LastUpload, recallLastUpload } from '../journal/lastUpload.ts';
import { compareSets, type Difference } from '../members/difference.ts';
import type { SealedSet } from '../members/memberSet.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { PlanningRun } from './planningRun.ts';

/** The members that the audience holds, compared with the desired ones. */
export interface Comparison {
  /** The audience's uploads as the destination lists them. */
  listed: readonly RemoteUpload[];
  last: LastUpload;
  /** Undefined if the audience's members are unknown, or no members are desired. */
  difference: Difference | undefined;
}

export async function compareWithLast(run: PlanningRun, desired: DesiredMembers): Promise<Comparison> {
  const { sync, audience, destination, journal, config } = run;
  const listed = audience === undefined ? [] : await destination.uploadsTo(audience.id);
  const snapshot = config.state.keepSnapshots ? await journal.snapshot(run.key) : undefined;
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
        signal: run.signal,
      });
  return { listed, last, difference };
}

function noDifference(members: SealedSet): Difference {
  const toSend = { ...members, count: 0 };
  return { added: 0, removed: 0, unchanged: members.count, gained: 0, lost: 0, toSend, union: members };
}

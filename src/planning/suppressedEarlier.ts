import { join } from 'node:path';
import { kinds } from '../identifiers/kinds.ts';
import type { LastUpload } from '../journal/lastUpload.ts';
import { countSuppressed } from '../members/suppress.ts';
import type { DesiredMembers } from '../reading/readDesired.ts';
import type { Warning } from '../report/report.ts';
import type { PlanningRun } from './planningRun.ts';

/**
 * Returns the warning `suppressed_still_held` if the audience of an Add holds members that are on a suppression list. Only
 * replacing all members removes them, which an Add does not do.
 */
export async function suppressedEarlierWarnings(
  { sync, workers, signal }: PlanningRun,
  { suppressionLists, directory }: DesiredMembers,
  { known }: LastUpload,
): Promise<Warning[]> {
  const { name, mode, identifierType } = sync;
  if (mode !== 'add' || known === undefined || suppressionLists.length === 0) return [];
  const kind = kinds[identifierType];
  const folder = join(directory, 'suppressed-earlier');
  const count = await countSuppressed(known.set, suppressionLists, folder, { kind, workers, signal });
  if (count === 0) return [];
  return [
    {
      code: 'suppressed_still_held',
      message: `${count} members that ${name} added earlier are now on a suppression list, and the audience still holds them, since mode add removes no members. Use mode mirror, or delete the audience so that the next sync creates it again.`,
    },
  ];
}

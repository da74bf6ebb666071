import type { Config, Mode } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import type { Baseline } from '../journal/lastUpload.ts';
import type { ReadCounts, ReadResult } from '../members/readMembers.ts';
import { checkDoubt, countryHint } from '../reading/phoneCountry.ts';
import { percent } from '../report/percent.ts';

export interface GuardInput {
  mode: Mode;
  guards: Config['guards'];
  columns: readonly string[];
  read: Pick<ReadResult, 'rejects' | 'national'> & { counts: ReadCounts & { suppressed: number } };
}

/** Throws a `guard.*` or `identifiers.none` error (status refused) if the values read must not be sent. */
export function checkGuards({ mode, guards, columns, read }: GuardInput): void {
  const { counts, rejects } = read;
  // A suppressed member is a valid identifier, too.
  if (counts.values === 0 || (counts.members === 0 && counts.suppressed > 0)) {
    if (mode === 'mirror') throw emptyMirror(counts.suppressed);
    return;
  }
  if (counts.members === 0) throw noIdentifiers(columns, rejects);
  const share = rejectedShare(read);
  if (share > guards.maxRejected) throw tooManyRejected(share, guards.maxRejected, rejects);
  checkDoubt(read.national, columns.join(', '), guards.maxDoubtful);
  if (counts.members < guards.minMembers) throw tooFewMembers(counts.members, guards.minMembers);
}

/** All-zero advertising IDs mean an opt-out, not a faulty value: they count on neither side. */
function rejectedShare({ counts, rejects }: GuardInput['read']): number {
  const optedOut = rejects['ifa.all_zero'] ?? 0;
  const values = counts.values - optedOut;
  return values === 0 ? 0 : (counts.rejected - optedOut) / values;
}

/** The part of an audience that a Mirror would remove: in lines if only the destination tells its size. */
export interface Shrink {
  removes: number;
  of: number;
  unit: Baseline['unit'];
}

/** Throws `guard.max_shrink` (status refused) if a plan removes too many members without an approval. */
export function checkShrink(
  shrink: Shrink | undefined,
  { maxShrink, planId, approval }: { maxShrink: number; planId: string; approval: 'none' | 'of this' | 'of another' },
): void {
  if (shrink === undefined || approval === 'of this' || shrink.removes <= maxShrink * shrink.of) return;
  const { removes, of, unit } = shrink;
  throw new SyncError(
    'guard.max_shrink',
    `The mirror would remove ${removes} of the ${of} ${unit} that the audience holds (${percent(removes / of)}), more than guards.maxShrink allows (${percent(maxShrink)}). Nothing was sent. Plan ${planId}.`,
    `Check the source first. ${approval === 'of another' ? 'The given approval is for another plan, or for one that removes less. ' : ''}If the removal is right, run the sync again with --approve ${planId}.`,
  );
}

function emptyMirror(suppressed: number): SyncError {
  const cause =
    suppressed === 0 ? 'The source holds no values' : `All ${suppressed} members of the source are suppressed`;
  return new SyncError(
    'guard.empty_mirror',
    `${cause}, and an audience cannot be mirrored to nothing.`,
    'Check the source if it should have rows. LINE cannot empty an audience: to remove all its members, delete it in the Ad Manager.',
  );
}

function noIdentifiers(columns: readonly string[], rejects: ReadResult['rejects']): SyncError {
  return new SyncError(
    'identifiers.none',
    `None of the values in ${columns.join(', ')} is a valid identifier (${describeRejects(rejects)}).`,
    countryHint(rejects) ??
      'Check syncs[].columns, identifierType and hashed; `line-ads-sync explain` shows how a value is read.',
  );
}

function tooManyRejected(share: number, limit: number, rejects: ReadResult['rejects']): SyncError {
  return new SyncError(
    'guard.max_rejected',
    `${percent(share)} of the values were rejected, more than guards.maxRejected allows (${percent(limit)}): ${describeRejects(rejects)}.`,
    countryHint(rejects) ??
      'Look at rejectExamples in the report; fix the source, or raise guards.maxRejected if this is expected.',
  );
}

function tooFewMembers(members: number, minMembers: number): SyncError {
  return new SyncError(
    'guard.min_members',
    `The source has ${members} members, fewer than guards.minMembers (${minMembers}).`,
    'Check the source, or lower guards.minMembers if so few are expected.',
  );
}

function describeRejects(rejects: ReadResult['rejects']): string {
  const byCount = Object.entries(rejects).sort(([, a], [, b]) => b - a);
  return byCount.map(([code, count]) => `${code} ${count}`).join(', ');
}

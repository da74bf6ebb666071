import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { guardState } from '../system/stateErrors.ts';
import { deriveSet } from './deriveSet.ts';
import { layoutOf } from './layout.ts';
import { createMemberSet, type MemberContext, type MemberSet, type SealedSet } from './memberSet.ts';
import { mergeJoin } from './mergeJoin.ts';
import { createSortedWriter } from './sortedSets.ts';

/**
 * Returns the members that no suppression list names. A list holds lines: every form of its phones, so that a member is
 * found by any of its own forms. Advertising IDs that differ in case alone are the same. `directory` is a new folder,
 * created here with access for this user only.
 */
export async function withoutSuppressed(
  members: SealedSet,
  lists: readonly SealedSet[],
  directory: string,
  context: MemberContext,
): Promise<SealedSet> {
  if (lists.length > 0) await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  let kept = members;
  for (const [index, list] of lists.entries()) {
    if (list.count === 0) continue;
    const own = join(directory, `${index}`);
    await guardState(own, () => mkdir(own, { mode: 0o700 }));
    const byOtherForms = await membersOfOtherForms(kept, list, own, context);
    kept = await subtract(kept, list, join(own, 'by-first-form'), context);
    if (byOtherForms !== undefined) kept = await subtract(kept, byOtherForms, join(own, 'by-other-forms'), context);
  }
  return kept;
}

/** Counts the members that suppression lists name. `directory` is a new folder, as for `withoutSuppressed`. */
export async function countSuppressed(
  members: MemberSet,
  lists: readonly SealedSet[],
  directory: string,
  context: MemberContext,
): Promise<number> {
  const kept = await withoutSuppressed({ ...members, digest: '' }, lists, directory, context);
  return members.count - kept.count;
}

/** Returns the members whose first form is not in another set. */
async function subtract(
  members: SealedSet,
  others: MemberSet,
  path: string,
  { kind, signal }: MemberContext,
): Promise<SealedSet> {
  const layout = layoutOf(kind, members.recordBytes);
  await using kept = await createSortedWriter(path, layout);
  await mergeJoin(members, others, {
    compare: layout.compareIgnoringCase,
    rightMatches: 'several',
    signal,
    onlyLeft: (member) => kept.add(member),
    afterPart: () => kept.flush(),
  });
  return kept.seal();
}

/**
 * Returns the first forms of members that a list names by another form. Undefined if the members have one form only.
 */
async function membersOfOtherForms(
  members: SealedSet,
  list: MemberSet,
  directory: string,
  context: MemberContext,
): Promise<SealedSet | undefined> {
  const { kind, workers, signal } = context;
  const { keyBytes } = kind;
  if (members.recordBytes === keyBytes) return undefined;
  const pairs = await deriveSet(
    members,
    { directory: join(directory, 'pairs'), recordBytes: 2 * keyBytes, derive: workers.pairForms },
    context,
  );
  const found = await createMemberSet({ directory: join(directory, 'found'), recordBytes: keyBytes }, context);
  let firstForms: Buffer[] = [];
  await mergeJoin(pairs, list, {
    compare: layoutOf(kind).compare,
    rightMatches: 'several',
    signal,
    inBoth: ({ records, at }) => firstForms.push(Buffer.from(records.subarray(at + keyBytes, at + 2 * keyBytes))),
    async afterPart() {
      if (firstForms.length === 0) return;
      const records = Buffer.concat(firstForms);
      found.add(await workers.splitForms({ records, kind, recordBytes: keyBytes, directory: found.directory }));
      firstForms = [];
    },
  });
  return found.seal();
}

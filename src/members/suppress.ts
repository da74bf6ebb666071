import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestBytes, kinds } from '../identifiers/kinds.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import { guardState } from '../system/stateErrors.ts';
import { deriveSet } from './deriveSet.ts';
import { layoutOf } from './layout.ts';
import { createMemberSet, type MemberSet, type SealedSet } from './memberSet.ts';
import { createSortedWriter, openCursor, type SortedCursor } from './sortedSets.ts';
import type { Workers } from './workers.ts';

export interface SuppressOptions {
  identifierType: IdentifierType;
  /** A folder of its own, made here with access for this user only. */
  directory: string;
  workers: Workers;
  signal: AbortSignal;
}

/**
 * The members without those that a suppression list names. A list holds lines: of phones every form, so that a member
 * is found by any of its own, whichever of the two came hashed; advertising IDs are the same in either case.
 */
export async function withoutSuppressed(
  members: SealedSet,
  lists: readonly SealedSet[],
  options: SuppressOptions,
): Promise<SealedSet> {
  const { directory } = options;
  if (lists.length > 0) await guardState(directory, () => mkdir(directory, { mode: 0o700 }));
  let kept = members;
  for (const [index, list] of lists.entries()) {
    if (list.count === 0) continue;
    const own = join(directory, `${index}`);
    await guardState(own, () => mkdir(own, { mode: 0o700 }));
    const byOtherForms = await membersOfOtherForms(kept, list, { ...options, directory: own });
    kept = await subtract(kept, list, join(own, 'by-first-form'), options);
    if (byOtherForms !== undefined) kept = await subtract(kept, byOtherForms, join(own, 'by-other-forms'), options);
  }
  return kept;
}

/** How many members suppression lists name. */
export async function countSuppressed(
  members: MemberSet,
  lists: readonly SealedSet[],
  options: SuppressOptions,
): Promise<number> {
  const kept = await withoutSuppressed({ ...members, digest: '' }, lists, options);
  return members.count - kept.count;
}

/** Members that are not in another set, by their first form. */
async function subtract(
  members: SealedSet,
  others: MemberSet,
  path: string,
  { identifierType, signal }: SuppressOptions,
): Promise<SealedSet> {
  const { recordBytes } = members;
  await using kept = await createSortedWriter(path, layoutOf(identifierType, recordBytes));
  await walk(
    members,
    others,
    { identifierType, signal },
    {
      onlyHere: (records, at) => kept.add(records, at),
      inBoth: () => {},
      afterPart: () => kept.flush(),
    },
  );
  return kept.seal();
}

interface Walked {
  onlyHere(records: Buffer, at: number): void;
  inBoth(records: Buffer, at: number): void;
  /** After some records, to free what was gathered. */
  afterPart(): Promise<void>;
}

type Compare = (a: Buffer, atA: number, b: Buffer, atB: number) => number;

const compareDigests: Compare = (a, atA, b, atB) => a.compare(b, atB, atB + digestBytes, atA, atA + digestBytes);

/** In the order of `ifaLayout`, but that twins in another case are the same. */
const compareIfas: Compare = (a, atA, b, atB) => {
  const first = a.toString('latin1', atA, atA + kinds.ifa.keyBytes).toLowerCase();
  const second = b.toString('latin1', atB, atB + kinds.ifa.keyBytes).toLowerCase();
  return first < second ? -1 : Number(first > second);
};

/** Every record of `set`, in order, and whether one of `others` begins alike. */
async function walk(
  set: MemberSet,
  others: MemberSet,
  { identifierType, signal }: Pick<SuppressOptions, 'identifierType' | 'signal'>,
  walked: Walked,
): Promise<void> {
  const compare = identifierType === 'ifa' ? compareIfas : compareDigests;
  await using here = openCursor(set);
  await using there = openCursor(others);
  while (await here.fill()) {
    signal.throwIfAborted();
    await there.fill();
    walkPart(here, there, { set, others, compare, walked });
    await walked.afterPart();
  }
}

/** Goes on until one of the cursors has to be filled. */
function walkPart(
  here: SortedCursor,
  there: SortedCursor,
  { set, others, compare, walked }: { set: MemberSet; others: MemberSet; compare: Compare; walked: Walked },
): void {
  while (here.hasRecord() && (there.hasRecord() || there.isEnded())) {
    const order = there.hasRecord() ? compare(here.records, here.at, there.records, there.at) : -1;
    if (order > 0) {
      there.at += others.recordBytes;
      continue;
    }
    if (order < 0) walked.onlyHere(here.records, here.at);
    else walked.inBoth(here.records, here.at);
    here.at += set.recordBytes;
  }
}

/** The first forms of members that are found by another of their forms; undefined where they have but one. */
async function membersOfOtherForms(
  members: SealedSet,
  list: MemberSet,
  options: SuppressOptions,
): Promise<SealedSet | undefined> {
  const { identifierType, directory, workers, signal } = options;
  if (identifierType !== 'phone' || members.recordBytes === digestBytes) return undefined;
  const pairs = await pairForms(members, { ...options, directory: join(directory, 'pairs') });
  const found = await createMemberSet({
    ...{ identifierType, workers, signal },
    directory: join(directory, 'found'),
    recordBytes: digestBytes,
  });
  let firstForms: Buffer[] = [];
  await walk(pairs, list, options, {
    onlyHere: () => {},
    inBoth: (records, at) => firstForms.push(Buffer.from(records.subarray(at + digestBytes, at + 2 * digestBytes))),
    async afterPart() {
      if (firstForms.length === 0) return;
      const records = Buffer.concat(firstForms);
      found.add(await workers.collectDigests({ records, recordBytes: digestBytes, directory: found.directory }));
      firstForms = [];
    },
  });
  return found.seal();
}

/** For each form behind the first, a record of that form and the first, in order of that form. */
function pairForms(members: SealedSet, options: SuppressOptions): Promise<SealedSet> {
  const { workers } = options;
  return deriveSet(members, { ...options, recordBytes: 2 * digestBytes, derive: workers.pairForms });
}

import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type MemberSet, openMemberSet, type SealedSet } from '../members/memberSet.ts';
import { digestSet } from '../members/setDigest.ts';
import { makePrivateFolder } from './privateFolder.ts';

/** A member set that outlives its run, as the journal remembers it. */
export interface KeptSet {
  /** Name of its file (0600). */
  file: string;
  recordBytes: number;
  count: number;
  /** Of its digest: keyed, so that the digest of a few members names nobody. */
  keyedDigest: string;
}

/** The sets that snapshots and unfinished plans need, in a private folder of the state directory. */
export interface KeptSets {
  /** Moves a sealed set's file here. */
  keep(set: SealedSet, file: string): KeptSet;
  open(kept: KeptSet): MemberSet;
  /** Whether the file is there and as long as it was written. */
  isThere(kept: KeptSet): boolean;
  /** Whether it also holds what was written. */
  isIntact(kept: KeptSet): Promise<boolean>;
  /** Removes every file that is not named. */
  removeAllBut(files: ReadonlySet<string>): void;
}

export function openKeptSets(directory: string, keyed: (text: string) => string): KeptSets {
  const open = ({ file, recordBytes, count }: KeptSet) =>
    openMemberSet({ path: join(directory, file), recordBytes, count });
  const isThere = ({ file, recordBytes, count }: KeptSet) =>
    statSync(join(directory, file), { throwIfNoEntry: false })?.size === recordBytes * count;
  return {
    keep({ path, recordBytes, count, digest }, file) {
      makePrivateFolder(directory);
      renameSync(path, join(directory, file));
      return { file, recordBytes, count, keyedDigest: keyed(digest) };
    },
    open,
    isThere,
    isIntact: async (kept) => isThere(kept) && keyed(await digestSet(open(kept))) === kept.keyedDigest,
    removeAllBut(files) {
      for (const name of listFiles(directory)) if (!files.has(name)) rmSync(join(directory, name), { force: true });
    },
  };
}

function listFiles(directory: string): string[] {
  return statSync(directory, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(directory);
}

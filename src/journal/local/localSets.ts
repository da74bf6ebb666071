import { lstatSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type MemberSet, openMemberSet, type SealedSet } from '../members/memberSet.ts';
import { digestSet } from '../members/setDigest.ts';
import { guardState, stateError } from '../system/stateErrors.ts';
import { makePrivateSubfolder } from './privateFolder.ts';

/** A member set that outlives its run, as the journal records it. */
export interface KeptSet {
  /** Name of its file (0600). */
  file: string;
  recordBytes: number;
  count: number;
  /** Keyed, so that the digest of a few members identifies nobody. */
  keyedDigest: string;
}

/** The sets that snapshots and unfinished plans need, in a private folder of the state directory. */
export interface KeptSets {
  /** Moves a sealed set's file here. */
  keep(set: SealedSet, file: string): Promise<KeptSet>;
  open(kept: KeptSet): Promise<MemberSet>;
  /** Whether the file has the length that was written. */
  isThere(kept: KeptSet): Promise<boolean>;
  /** Whether the file also has the content that was written. */
  isIntact(kept: KeptSet): Promise<boolean>;
  /** Removes the sets of earlier runs that are not named. Other files stay. */
  removeAllBut(files: ReadonlySet<string>): Promise<void>;
}

/** "<run id>-<sync>.members" or ".lines", as a run names the sets that it keeps. */
const keptName = /^\+?\d{8,10}T\d{6}Z-[0-9a-f]{8}-[a-z0-9][a-z0-9_-]{0,62}\.(members|lines)$/;

export function openKeptSets(directory: string, keyed: (text: string) => string): KeptSets {
  const open = ({ file, recordBytes, count }: KeptSet) =>
    openMemberSet({ path: join(directory, file), recordBytes, count });
  const isThere = ({ file, recordBytes, count }: KeptSet) =>
    guardSync('read', () => lookUp(join(directory, file))?.size === recordBytes * count);

  function guardSync<T>(access: 'read' | 'write', work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw stateError(error, `the member sets in ${directory}`, access) ?? error;
    }
  }

  return {
    async keep({ path, recordBytes, count, digest }, file) {
      guardSync('write', () => {
        makePrivateSubfolder(directory);
        renameSync(path, join(directory, file));
      });
      return { file, recordBytes, count, keyedDigest: keyed(digest) };
    },
    open: async (kept) => open(kept),
    isThere: async (kept) => isThere(kept),
    async isIntact(kept) {
      if (!isThere(kept)) return false;
      return (
        keyed(await guardState(`the member sets in ${directory}`, () => digestSet(open(kept)))) === kept.keyedDigest
      );
    },
    async removeAllBut(files) {
      guardSync('write', () => {
        for (const name of lookUp(directory)?.isDirectory() === true ? readdirSync(directory) : []) {
          const path = join(directory, name);
          if (keptName.test(name) && !files.has(name) && lookUp(path)?.isFile() === true) rmSync(path, { force: true });
        }
      });
    },
  };
}

/** Follows no link. Undefined only where there is no such file. */
function lookUp(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

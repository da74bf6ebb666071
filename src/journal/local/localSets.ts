import { lstatSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { openMemberSet } from '../../members/memberSet.ts';
import { digestSet } from '../../members/setDigest.ts';
import { makePrivateSubfolder } from '../../system/privateFolder.ts';
import { guardState, stateError } from '../../system/stateErrors.ts';
import type { KeptSet, KeptSets } from '../keptSets.ts';

/** Kept sets in a private folder (0700), one file (0600) each. */
export interface LocalSets extends KeptSets {
  /** Removes the sets that are not named. Files that no run has named stay. */
  removeAllBut(files: ReadonlySet<string>): void;
}

/** "<run id>-<sync>.members" or ".lines": the names that runs give to the sets that they keep. */
const keptName = /^\+?\d{8,10}T\d{6}Z-[0-9a-f]{8}-[a-z0-9][a-z0-9_-]{0,62}\.(members|lines)$/;

export function openLocalSets(directory: string, keyed: (text: string) => string): LocalSets {
  const label = `the member sets in ${directory}`;
  const memberSetOf = ({ file, recordBytes, count }: KeptSet) =>
    openMemberSet({ path: join(directory, file), recordBytes, count });
  const isThere = ({ file, recordBytes, count }: KeptSet) =>
    guard('read', () => lookUp(join(directory, file))?.size === recordBytes * count);

  function guard<T>(access: 'read' | 'write', work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw stateError(error, label, access) ?? error;
    }
  }

  return {
    async keep({ path, recordBytes, count, digest }, file) {
      guard('write', () => {
        makePrivateSubfolder(directory);
        renameSync(path, join(directory, file));
      });
      return { file, recordBytes, count, keyedDigest: keyed(digest) };
    },
    open: async (kept) => memberSetOf(kept),
    isThere: async (kept) => isThere(kept),
    async isIntact(kept) {
      if (!isThere(kept)) return false;
      return keyed(await guardState(label, () => digestSet(memberSetOf(kept)))) === kept.keyedDigest;
    },
    removeAllBut(files) {
      guard('write', () => {
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

import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeptSet } from '../../../src/journal/keptSets.ts';
import { claimStateDirectory } from '../../../src/journal/local/stateDirectory.ts';
import { openJournal } from '../../../src/journal/openJournal.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import type { DamageableStore } from '../contract/keptSets.ts';

/** A store in a new state directory. */
export async function createLocalStore(): Promise<DamageableStore> {
  const directory = makeFastFolder('journal-');
  claimStateDirectory(directory);
  const pathOf = ({ file }: KeptSet) => join(directory, 'members', file);
  return {
    open: (access) => openJournal(directory, access),
    remove: (kept) => rmSync(pathOf(kept)),
    cutOff: (kept) => truncateSync(pathOf(kept), kept.count * kept.recordBytes - 1),
    change(kept) {
      const content = readFileSync(pathOf(kept));
      content[content.length - 1]! ^= 1;
      writeFileSync(pathOf(kept), content);
    },
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

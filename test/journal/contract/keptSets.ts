import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal } from '../../../src/journal/journal.ts';
import type { KeptSet } from '../../../src/journal/keptSets.ts';
import { makeFastFolder } from '../../setup/fastFolder.ts';
import { textOf } from '../../setup/memberSetup.ts';
import { keptName, key, planOf, sealSet, snapshotOf } from '../journalSetup.ts';
import { type JournalStore, useStore } from './store.ts';

/** A store whose kept sets can be damaged behind the journal's back. */
export interface DamageableStore extends JournalStore {
  remove(kept: KeptSet): void;
  cutOff(kept: KeptSet): void;
  /** Changes the content, and not the length. */
  change(kept: KeptSet): void;
}

/** The promises of `KeptSets`, and of the journal about them. */
export function testKeptSets(createStore: () => Promise<DamageableStore>): void {
  const { store, withJournal } = useStore(createStore);
  let folder = '';

  beforeEach(() => {
    folder = makeFastFolder('sealed-');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const sealed = (count?: number) => sealSet(join(folder, 'members'), count);

  /** A kept set, by a process that has ended. */
  function keepOne(): Promise<KeptSet> {
    return withJournal((journal) => journal.sets.keep(sealed(), keptName('a', 'members')));
  }

  /** Begins the plan of a sync whose sets are kept. */
  async function beginWithSets(journal: Journal, syncName: string, runId = syncName) {
    const next = await journal.sets.keep(sealed(), keptName(runId, 'members'));
    const lines = await journal.sets.keep(sealed(2), keptName(runId, 'lines'));
    await journal.beginRun({ runId, command: 'sync', startedMs: 1 });
    return journal.beginPlan(planOf({ runId, syncName, next, lines }));
  }

  const areThere = ({ sets }: Journal, kept: readonly KeptSet[]) => Promise.all(kept.map(sets.isThere));

  test.each([0, 1, 200_000])('a later process reads a set of %i records back as it was written', async (count) => {
    const set = sealed(count);
    const written = readFileSync(set.path, 'latin1');
    const file = keptName('a', 'members');
    const kept = await withJournal(({ sets }) => sets.keep(set, file));
    expect(kept).toMatchObject({ file, recordBytes: 8, count });
    expect(existsSync(set.path)).toBe(false);
    await withJournal(async ({ sets }) => {
      const opened = await sets.open(kept);
      expect(opened).toMatchObject({ recordBytes: 8, count });
      expect((await textOf(opened.read(0, count))) === written).toBe(true);
      expect(await sets.isThere(kept)).toBe(true);
      expect(await sets.isIntact(kept)).toBe(true);
    });
  });

  test('the digest of a kept set is keyed, so that it does not identify the members', async () => {
    const set = sealed();
    const kept = await withJournal(({ sets }) => sets.keep(set, keptName('a', 'members')));
    expect(kept.keyedDigest).not.toContain(set.digest);
    expect(kept.keyedDigest).toBe(await withJournal(async (journal) => journal.keyed(set.digest)));
  });

  test.each<[string, 'remove' | 'cutOff' | 'change', boolean]>([
    ['that is gone is neither there nor intact', 'remove', false],
    ['that is cut off is neither there nor intact', 'cutOff', false],
    ['of the right length and other content is there, and not intact', 'change', true],
  ])('a kept set %s', async (_, damage, isThere) => {
    const kept = await keepOne();
    store()[damage](kept);
    await withJournal(async ({ sets }) => {
      expect(await sets.isThere(kept)).toBe(isThere);
      expect(await sets.isIntact(kept)).toBe(false);
    });
  });

  test('a set that is kept stays while another sync ends before the plan of the set has begun', async () => {
    await withJournal(async (journal) => {
      const other = await beginWithSets(journal, 'others');
      const kept = await journal.sets.keep(sealed(), keptName('people', 'members'));
      const lines = await journal.sets.keep(sealed(), keptName('people', 'lines'));
      await journal.giveUp(other, 'failed');
      await journal.tidy(1);
      await journal.forgetSnapshot(key);
      expect(await areThere(journal, [kept, lines])).toEqual([true, true]);
      const plan = await journal.beginPlan(planOf({ runId: 'others', next: kept, lines }));
      await journal.tidy(1);
      expect(await areThere(journal, [kept, lines])).toEqual([true, true]);
      await journal.giveUp(plan, 'failed');
      expect(await areThere(journal, [kept, lines])).toEqual([false, false]);
    });
  });

  test('a set that two syncs keep and end side by side is never removed too early', async () => {
    await withJournal(async (journal) => {
      const ends = Array.from({ length: 10 }, async (_, index) => {
        const path = join(folder, `members-${index}`);
        const next = await journal.sets.keep(sealSet(path), keptName(`sync-${index}`, 'members'));
        await journal.beginRun({ runId: `run-${index}`, command: 'sync', startedMs: 1 });
        const plan = await journal.beginPlan(planOf({ runId: `run-${index}`, syncName: `sync-${index}`, next }));
        expect(await journal.sets.isThere(plan.next)).toBe(true);
        await journal.succeed(plan, index % 2 === 0 ? snapshotOf(plan) : undefined);
        return plan.next;
      });
      const kept = await Promise.all(ends);
      expect(await areThere(journal, kept)).toEqual(kept.map((_, index) => index % 2 === 0));
    });
  });

  test('a later process removes a set whose plan has never begun', async () => {
    const kept = await keepOne();
    await withJournal(async (journal) => {
      expect(await areThere(journal, [kept])).toEqual([true]);
      await journal.tidy(1);
      expect(await areThere(journal, [kept])).toEqual([false]);
    });
  });

  test('the set of a snapshot stays until the snapshot goes, and the lines go with their plan', async () => {
    await withJournal(async (journal) => {
      const first = await beginWithSets(journal, key.syncName, 'run-1');
      await journal.succeed(first, snapshotOf(first));
      expect(await areThere(journal, [first.next, first.lines])).toEqual([true, false]);
      const second = await beginWithSets(journal, key.syncName, 'run-2');
      await journal.succeed(second, snapshotOf(second));
      expect(await areThere(journal, [first.next, second.next])).toEqual([false, true]);
      await journal.forgetSnapshot(key);
      expect(await areThere(journal, [second.next])).toEqual([false]);
    });
  });

  test('the sets of a stale plan go when it is given up', async () => {
    await withJournal(async (journal) => {
      const plan = await beginWithSets(journal, key.syncName);
      await journal.tidy(365 * 86_400_000);
      expect(await journal.unfinishedPlan(key)).toBeUndefined();
      expect(await areThere(journal, [plan.next, plan.lines])).toEqual([false, false]);
    });
  });
}

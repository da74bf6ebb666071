import { afterEach, beforeEach } from 'vitest';
import type { Journal } from '../../../src/journal/journal.ts';

/** A place for one journal, empty at first. */
export interface JournalStore extends AsyncDisposable {
  /** Opens the journal as a process does. */
  open(access: 'write' | 'read'): Promise<Journal>;
}

/** Gives each test of the enclosing `describe` a new store. */
export function useStore<S extends JournalStore>(createStore: () => Promise<S>) {
  let store: S;

  beforeEach(async () => {
    store = await createStore();
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  return {
    store: () => store,
    /** Does something in a journal that is opened for it alone. */
    async withJournal<T>(work: (journal: Journal) => Promise<T>, access: 'write' | 'read' = 'write'): Promise<T> {
      await using journal = await store.open(access);
      return await work(journal);
    },
  };
}

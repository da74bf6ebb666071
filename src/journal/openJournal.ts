import type { Journal } from './journal.ts';
import { openLocalJournal } from './local/localJournal.ts';

/**
 * Opens the journal of a state directory: `write` needs the lock of the directory; `read` takes no lock, changes nothing
 * and finds an empty journal where there is none.
 */
export async function openJournal(directory: string, access: 'write' | 'read'): Promise<Journal> {
  return openLocalJournal(directory, access);
}

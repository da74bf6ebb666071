import { interceptJournalSteps } from './journalSteps.ts';

/** While it is in use, the disk of the journal is full from its n-th step on. */
export function failJournalAt(first: number): Disposable {
  return interceptJournalSteps((step, run) => {
    if (step >= first) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    return run();
  });
}

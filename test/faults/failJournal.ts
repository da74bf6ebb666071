import { DatabaseSync, StatementSync } from 'node:sqlite';

/** While it is in use, the journal's disk is full from its n-th step on: a COMMIT, or a write outside a transaction. */
export function failJournalAt(step: number): Disposable {
  const { exec } = DatabaseSync.prototype;
  const { run } = StatementSync.prototype;
  let steps = 0;
  let isInTransaction = false;

  function throwIfFull(): void {
    steps += 1;
    if (steps >= step) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
  }

  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    if (sql === 'BEGIN IMMEDIATE') isInTransaction = true;
    if (sql === 'ROLLBACK' || sql === 'COMMIT') isInTransaction = false;
    if (sql === 'COMMIT') throwIfFull();
    return exec.call(this, sql);
  };
  StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
    if (!isInTransaction) throwIfFull();
    return run.apply(this, args);
  } as typeof run;
  return {
    [Symbol.dispose]() {
      DatabaseSync.prototype.exec = exec;
      StatementSync.prototype.run = run;
    },
  };
}

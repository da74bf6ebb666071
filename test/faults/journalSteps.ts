import { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * While it is in use, `around` runs each step of the journal or refuses it. A step is a COMMIT or a write outside a
 * transaction, which makes data durable. Steps are counted from 1.
 */
export function interceptJournalSteps(around: (step: number, run: () => unknown) => unknown): Disposable {
  const { exec } = DatabaseSync.prototype;
  const { run } = StatementSync.prototype;
  let steps = 0;
  let isInTransaction = false;

  function take(work: () => unknown): unknown {
    steps += 1;
    return around(steps, work);
  }

  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    if (sql === 'BEGIN IMMEDIATE') isInTransaction = true;
    if (sql === 'ROLLBACK' || sql === 'COMMIT') isInTransaction = false;
    if (sql === 'COMMIT') take(() => exec.call(this, sql));
    else exec.call(this, sql);
  };
  StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
    return isInTransaction ? run.apply(this, args) : take(() => run.apply(this, args));
  } as typeof run;
  return {
    [Symbol.dispose]() {
      DatabaseSync.prototype.exec = exec;
      StatementSync.prototype.run = run;
    },
  };
}

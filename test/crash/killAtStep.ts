import { DatabaseSync, StatementSync } from 'node:sqlite';

/*
 * Loaded into the command before anything else (node --import): kills the process right before or right after the n-th
 * step of its journal, KILL_AT="before 7". A step is what makes something durable: a COMMIT, or a write outside a
 * transaction. Without KILL_AT it tells at the end, on stderr, how many steps there were.
 */

const [when = '', number = ''] = (process.env.KILL_AT ?? '').split(' ');
let steps = 0;
let isInTransaction = false;

function step<T>(work: () => T): T {
  steps += 1;
  const isIt = steps === Number(number);
  if (isIt && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = work();
  if (isIt && when === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  if (sql === 'BEGIN IMMEDIATE') isInTransaction = true;
  if (sql === 'ROLLBACK') isInTransaction = false;
  if (sql !== 'COMMIT') return exec.call(this, sql);
  isInTransaction = false;
  return step(() => exec.call(this, sql));
};

const { run } = StatementSync.prototype;
StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
  return isInTransaction ? run.apply(this, args) : step(() => run.apply(this, args));
} as typeof run;

if (number === '') process.on('exit', () => process.stderr.write(`journal steps: ${steps}\n`));

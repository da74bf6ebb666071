import { interceptJournalSteps } from '../faults/journalSteps.ts';

/*
 * Is loaded into the command first (node --import). Kills the process right before or after the n-th step of its journal,
 * such as KILL_AT="before 7". Without KILL_AT, it prints the number of steps to stderr at the end.
 */

const [when = '', number = ''] = (process.env.KILL_AT ?? '').split(' ');
let steps = 0;

interceptJournalSteps((step, run) => {
  steps = step;
  const isLast = step === Number(number);
  if (isLast && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = run();
  if (isLast && when === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
});

if (number === '') process.on('exit', () => process.stderr.write(`journal steps: ${steps}\n`));

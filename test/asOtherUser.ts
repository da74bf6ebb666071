import { spawnSync } from 'node:child_process';

/*
 * Rights are told apart only by a user who is not root, and tests often run as root.
 */

const otherUser = 12_345;
const isRoot = process.getuid?.() === 0;

/** The prefix of a command line that runs it without root's rights. */
export const withoutRoot: readonly string[] = isRoot
  ? ['setpriv', `--reuid=${otherUser}`, `--regid=${otherUser}`, '--clear-groups', '--inh-caps=-all']
  : [];

/** Runs a module of ours in a process without root's rights, and returns what it prints. */
export function evaluateWithoutRoot(script: string): string {
  const [command, ...args] = [...withoutRoot, process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr, status } = spawnSync(command!, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout.trim();
}

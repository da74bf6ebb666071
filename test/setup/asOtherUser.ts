import { spawnSync } from 'node:child_process';

/*
 * Rights are told apart only by a user who is not root, and tests often run as root.
 */

const otherUser = 12_345;

/** Runs a script of ours without root's rights, and returns what it prints. Its static imports still have them. */
export function evaluateWithoutRoot(imports: string, script: string): string {
  const drop = `if (process.getuid() === 0) { process.setgroups([]); process.setegid(${otherUser}); process.seteuid(${otherUser}); }`;
  const args = ['--input-type=module', '-e', `${imports}; ${drop} ${script}`];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout.trim();
}

import { spawnSync } from 'node:child_process';

/*
 * Tests often run as root, for whom permissions do not matter.
 */

const otherUser = 12_345;

/** Runs a script without root's rights, and returns its output. Its static imports still have them. */
export function evaluateWithoutRoot(imports: string, script: string): string {
  const drop = `if (process.getuid() === 0) { process.setgroups([]); process.setegid(${otherUser}); process.seteuid(${otherUser}); }`;
  const args = ['--input-type=module', '-e', `${imports}; ${drop} ${script}`];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout.trim();
}

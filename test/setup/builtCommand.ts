import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from '../../tools/bundle.ts';

/*
 * Builds the command once for all test files: bundled, it starts in 60 % of the processor time.
 */

const cache = join(import.meta.dirname, '../../node_modules/.cache/line-ads-sync-tests');
const built = join(cache, 'dist');

/** Writes only files that have changed, so that two test runs side by side do not disturb each other. */
function replaceChanged(from: string, to: string): void {
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    const [fresh, old] = [join(from, name), join(to, name)];
    if (statSync(fresh).isDirectory() || isSame(fresh, old)) continue;
    mkdirSync(dirname(old), { recursive: true });
    renameSync(fresh, old);
  }
}

function isSame(fresh: string, old: string): boolean {
  if (statSync(old, { throwIfNoEntry: false }) === undefined) return false;
  return readFileSync(fresh).equals(readFileSync(old));
}

/** Vitest calls this before the first test file that starts the command; workers inherit the environment. */
export async function setup(): Promise<void> {
  const fresh = join(cache, `dist-${process.pid}`);
  try {
    await bundle(fresh);
    replaceChanged(fresh, built);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  process.env.BUILT_COMMAND = join(built, 'cli.js');
}

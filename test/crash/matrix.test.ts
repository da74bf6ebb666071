import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { caseOfSeed, countSteps, type Kill, runCase, type Work } from './matrix.ts';

/* SIGKILL at every step of the journal, and at seeded instants; `npm run crash -- --seeds 200` runs more of the latter. */

const atOnce = 3;
const seeds = 25;
const minutes = 60_000;

describe('a run that is killed comes out right when it is run again', () => {
  const works: Work[] = [
    { mode: 'mirror', exists: true, batches: 2 },
    { mode: 'add', exists: false, batches: 2 },
  ];

  test.each(works)('at every step of the journal: %j', { timeout: 20 * minutes }, async (work) => {
    const steps = await countSteps(work);
    expect(steps).toBeGreaterThan(10);
    const kills = Array.from({ length: steps }, (_, index) => index + 1).flatMap((step): Kill[] => [
      { at: 'before', step },
      { at: 'after', step },
    ]);
    const limit = pLimit(atOnce);
    const results = await Promise.all(
      kills.map((kill) =>
        limit(() =>
          runCase(work, [kill]).catch((error: unknown) => {
            throw new Error(`killed ${JSON.stringify(kill)}: ${String(error)}`);
          }),
        ),
      ),
    );
    const killed = results.filter((result) => result.kills === 1).length;
    console.info(`${steps} steps of the journal, ${killed} kills`);
    // The last steps may differ by one from run to run, as a job may have ended when it is first looked at.
    expect(killed).toBeGreaterThanOrEqual(2 * steps - 6);
    expect(results.some(({ isResumed }) => isResumed)).toBe(true);
  });

  test(`at seeded instants: ${seeds} seeds`, { timeout: 20 * minutes }, async () => {
    const limit = pLimit(atOnce);
    const results = await Promise.all(
      Array.from({ length: seeds }, (_, seed) =>
        limit(() => {
          const { work, kills } = caseOfSeed(seed);
          return runCase(work, kills).catch((error: unknown) => {
            throw new Error(`npm run crash -- --seed ${seed}: ${String(error)}`);
          });
        }),
      ),
    );
    const kills = results.reduce((sum, result) => sum + result.kills, 0);
    console.info(`${seeds} seeds, ${kills} kills`);
    expect(kills).toBeGreaterThan(seeds / 3);
  });
});

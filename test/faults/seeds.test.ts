import { expect, test } from 'vitest';
import { runSeed } from './seeds.ts';

/* Seeds of the fault simulator in virtual time; `npm run faults -- --seeds 200` runs more of them. */

const seeds = Array.from({ length: 20 }, (_, seed) => ({ seed }));

test.each(seeds)(
  'the rules hold under the faults of seed $seed (npm run faults -- --seed $seed)',
  async ({ seed }) => {
    const story = await runSeed(seed);
    expect(story.length).toBeGreaterThan(2);
  },
  60_000,
);

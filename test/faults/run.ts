import { parseArgs } from 'node:util';
import { runSeed } from './seeds.ts';

/*
 * npm run faults -- --seeds 500: runs 500 seeds of the fault simulator. --seed N runs one seed and prints its events.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '25' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
  },
});
const from = Number(values.from);
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, index) => from + index)
    : [Number(values.seed)];
let failures = 0;
for (const seed of seeds) {
  try {
    const story = await runSeed(seed);
    if (values.seed !== undefined) console.log(story.join('\n'));
  } catch (error) {
    failures += 1;
    console.log(`seed ${seed} (npm run faults -- --seed ${seed}): ${error instanceof Error ? error.stack : error}`);
  }
}
console.log(`${seeds.length} seeds, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);

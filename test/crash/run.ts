import { parseArgs } from 'node:util';
import { caseOfSeed, runCase } from './matrix.ts';

/*
 * npm run crash -- --seeds 200: runs the crash matrix over 200 seeds. --seed N runs one seed.
 */

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '25' }, seed: { type: 'string' } } });
const seeds =
  values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, seed) => seed) : [Number(values.seed)];
const atOnce = 3;
let kills = 0;
let failures = 0;

async function runSeeds(queue: Iterator<number>): Promise<void> {
  for (let next = queue.next(); next.done !== true; next = queue.next()) {
    const { work, kills: planned } = caseOfSeed(next.value);
    try {
      kills += (await runCase(work, planned)).kills;
    } catch (error) {
      failures += 1;
      console.log(`seed ${next.value} (npm run crash -- --seed ${next.value}): ${String(error)}`);
      console.log(JSON.stringify({ work, kills: planned }));
    }
  }
}

const queue = seeds.values();
await Promise.all(Array.from({ length: atOnce }, () => runSeeds(queue)));
console.log(`${seeds.length} seeds, ${kills} kills, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

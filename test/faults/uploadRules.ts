import type { Simulator } from '../../src/simulators/lineAds/simulator.ts';

/** Returns one sentence for each rule of docs/guarantees.md that the jobs of an audience break. `isOurs` identifies our files. */
export function brokenUploadRules(simulator: Simulator, audienceId: string, isOurs = (_fileName: string) => true) {
  const uploads = simulator
    .jobs(audienceId)
    .toReversed()
    .filter(({ name }) => isOurs(name));
  const broken: string[] = [];
  const seen = new Set<string>();
  const plansWithAdd = new Set<string>();
  for (const { name, type } of uploads) {
    if (seen.has(name)) broken.push(`${name} was accepted twice`);
    seen.add(name);
    const plan = name.replace(/-\d+\.txt$/, '');
    if (type === 'DIFF_ADD') plansWithAdd.add(plan);
    else if (plansWithAdd.has(plan)) broken.push(`${name}: a REPLACE after an ADD of its plan`);
  }
  return broken;
}

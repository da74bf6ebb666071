import type { Simulator } from '../../src/simulators/lineAds/simulator.ts';

/** What of the design's rules the jobs of an audience break: one sentence each. `isOurs` tells our files from others'. */
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

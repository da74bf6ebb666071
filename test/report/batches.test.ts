import { expect, test } from 'vitest';
import { type Fate, remoteOf, startBatch } from '../../src/report/batches.ts';
import { planOf } from '../journal/journalSetup.ts';

test.each<[string, [Fate, string | null][], string]>([
  ['nothing is sent', [['unsent', null]], 'untouched'],
  ['an upload is still being sent', [['sending', null]], 'unknown'],
  [
    'an upload is still being sent behind one that is finished',
    [
      ['accepted', 'FINISHED'],
      ['sending', null],
    ],
    'unknown',
  ],
  [
    'it is not known whether an upload arrived',
    [
      ['accepted', 'FINISHED'],
      ['unknown', null],
    ],
    'unknown',
  ],
  [
    'a job is unfinished',
    [
      ['accepted', 'FINISHED'],
      ['accepted', 'WORKING'],
    ],
    'unknown',
  ],
  [
    'one is finished and one was refused',
    [
      ['accepted', 'FINISHED'],
      ['refused', null],
    ],
    'partial',
  ],
  ['the only job failed', [['accepted', 'FAILED']], 'unknown'],
  [
    'all jobs are finished',
    [
      ['accepted', 'FINISHED'],
      ['accepted', 'FINISHED'],
    ],
    'complete',
  ],
])('what LINE holds of a plan when %s', (_, states, remote) => {
  const batches = planOf({}, states.length).batches.map(startBatch);
  states.forEach(([fate, jobStatus], index) => {
    batches[index]!.fate = fate;
    batches[index]!.report.jobStatus = jobStatus;
  });
  expect(remoteOf(batches).remote).toBe(remote);
});

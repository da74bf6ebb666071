import { expect, test } from 'vitest';
import type { RemoteUpload } from '../../src/destinations/destination.ts';
import { type Fate, remoteOf, startBatch } from '../../src/report/batches.ts';
import { planOf } from '../journal/journalSetup.ts';

test.each<[string, [Fate, RemoteUpload['state'] | null][], string]>([
  ['nothing is sent', [['unsent', null]], 'untouched'],
  ['an upload is still being sent', [['sending', null]], 'unknown'],
  [
    'an upload is still being sent behind one that is finished',
    [
      ['accepted', 'finished'],
      ['sending', null],
    ],
    'unknown',
  ],
  [
    'it is not known whether an upload arrived',
    [
      ['accepted', 'finished'],
      ['unknown', null],
    ],
    'unknown',
  ],
  [
    'a job is unfinished',
    [
      ['accepted', 'finished'],
      ['accepted', 'unfinished'],
    ],
    'unknown',
  ],
  [
    'one is finished and one was refused',
    [
      ['accepted', 'finished'],
      ['refused', null],
    ],
    'partial',
  ],
  ['the only job failed', [['accepted', 'failed']], 'unknown'],
  [
    'all jobs are finished',
    [
      ['accepted', 'finished'],
      ['accepted', 'finished'],
    ],
    'complete',
  ],
])('what LINE holds of a plan when %s', (_, states, remote) => {
  const batches = planOf({}, states.length).batches.map(startBatch);
  states.forEach(([fate, state], index) => {
    const upload = state && { id: String(index), state, status: '', processed: null };
    Object.assign(batches[index]!, { fate, upload });
  });
  expect(remoteOf(batches).remote).toBe(remote);
});

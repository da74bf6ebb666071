import { expect, test } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { Read, ReadRequest } from '../../src/reading/readTogether.ts';
import { createSharedReads } from '../../src/reading/sharedReads.ts';

function configOf(...syncs: object[]): Config {
  return configSchema.parse({
    connection: { adAccountId: 'A1', accessKey: 'key', secretKey: 'secret' },
    source: { type: 'files', path: 'x.csv' },
    syncs: syncs.map((sync, index) => ({
      ...{ name: `s${index}`, audienceName: `S${index}`, mode: 'add', identifierType: 'email' },
      ...sync,
    })),
  });
}

/** Notes which syncs are read together; each is told its own name. */
function startReads(config: Config, failure?: Error) {
  const passes: string[][] = [];
  const reads = createSharedReads(config, async (requests) => {
    passes.push(requests.map(({ sync }) => sync.name));
    if (failure !== undefined) throw failure;
    return requests.map((request) => ({ request, read: { directory: request.sync.name } as Read }));
  });
  const ask = (index: number, after?: string) => {
    const request: ReadRequest = {
      sync: config.syncs[index]!,
      lastMembers: 0,
      cursor: after === undefined ? undefined : { column: 'at', after },
    };
    return reads.read(request).then(({ directory }) => directory);
  };
  return { passes, ask, leave: (index: number) => reads.leave(config.syncs[index]!) };
}

test('syncs of one source are read in one pass, once all of them have asked', async () => {
  const { passes, ask } = startReads(configOf({}, {}, {}));
  const first = [ask(0), ask(2)];
  await Promise.resolve();
  expect(passes).toEqual([]);
  expect(await Promise.all([...first, ask(1)])).toEqual(['s0', 's2', 's1']);
  expect(passes).toEqual([['s0', 's2', 's1']]);
});

test('nobody waits for a sync that has left, which reads by itself if it comes back', async () => {
  const { passes, ask, leave } = startReads(configOf({}, {}, {}));
  const asked = [ask(0), ask(1)];
  leave(2);
  await Promise.all(asked);
  leave(2);
  expect(await ask(2)).toBe('s2');
  expect(passes).toEqual([['s0', 's1'], ['s2']]);
});

test('syncs of other sources do not wait for each other', async () => {
  const own = { source: { type: 'duckdb', query: 'SELECT 1 AS email' } };
  const { passes, ask } = startReads(configOf({}, own, own));
  expect(await ask(0)).toBe('s0');
  await Promise.all([ask(1), ask(2)]);
  expect(passes).toEqual([['s0'], ['s1', 's2']]);
});

test('those that begin at other places are read apart', async () => {
  const { passes, ask } = startReads(configOf({}, {}, {}));
  await Promise.all([ask(0, '5'), ask(1, '7'), ask(2, '5')]);
  expect(passes).toEqual([['s0', 's2'], ['s1']]);
});

test('a read that fails fails everybody who takes part in it', async () => {
  const failure = new Error('the source broke');
  const { ask } = startReads(configOf({}, {}), failure);
  const outcomes = await Promise.allSettled([ask(0), ask(1)]);
  expect(outcomes).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ]);
});

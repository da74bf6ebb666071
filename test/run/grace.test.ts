import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createGrace } from '../../src/run/grace.ts';
import { createFakeClock } from '../setup/clientSetup.ts';

/** Long enough for a fake sleep to end. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await turn();
}

test('the grace signal aborts a while after the stop signal, with its reason', async () => {
  const clock = createFakeClock();
  const stop = new AbortController();
  using grace = createGrace(700, clock, stop.signal);
  await settle();
  expect(clock.sleeps).toEqual([]);
  stop.abort('SIGTERM');
  expect(grace.signal.aborted).toBe(false);
  await settle();
  expect(clock.sleeps).toEqual([700]);
  expect(grace.signal).toMatchObject({ aborted: true, reason: 'SIGTERM' });
});

test('a run that is stopped before it begins has the grace time, too', async () => {
  const clock = createFakeClock();
  using grace = createGrace(700, clock, AbortSignal.abort('SIGINT'));
  expect(grace.signal.aborted).toBe(false);
  await settle();
  expect(grace.signal.reason).toBe('SIGINT');
});

test('a run that has ended waits for no stop signal any more', async () => {
  const clock = createFakeClock();
  const stop = new AbortController();
  const grace = createGrace(700, clock, stop.signal);
  grace[Symbol.dispose]();
  stop.abort('SIGTERM');
  await settle();
  expect(clock.sleeps).toEqual([]);
  expect(grace.signal.aborted).toBe(false);
});

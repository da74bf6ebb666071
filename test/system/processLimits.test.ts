import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { describeError } from '../../src/report/describeError.ts';
import { planMemory } from '../../src/system/memory.ts';
import { limitFault, type Room, readRoom, requireRoom, workersThatFit } from '../../src/system/processLimits.ts';
import { stateError } from '../../src/system/stateErrors.ts';

const gibibyte = 1024 ** 3;
const boundless: Room = { addressBytes: Infinity, threads: Infinity, files: Infinity };

describe('too little room for a run is refused by its name and size:', () => {
  test.each<[Partial<Room>, string]>([
    [{ addressBytes: gibibyte / 2 }, 'address space: 512 MiB left, and a run needs 768 MiB.'],
    [{ addressBytes: -5 }, 'address space: 0 MiB left, and a run needs 768 MiB.'],
    [{ threads: 3 }, 'threads: 3 left, and a run needs 7.'],
    [{ files: 20 }, 'open files: 20 left, and a run needs 48.'],
  ])('%o', (room, message) => {
    expect(() => requireRoom({ ...boundless, ...room })).toThrow(
      expect.objectContaining({
        code: 'process.limit',
        message: `The process limits leave too little room for ${message}`,
      }),
    );
  });
});

test('without limits there is room for everything', () => {
  requireRoom(boundless);
  expect(workersThatFit(boundless)).toBe(Infinity);
  expect(planMemory(4 * gibibyte, boundless)).toEqual(planMemory(4 * gibibyte));
});

test.each<[Partial<Room>, number]>([
  [{ addressBytes: gibibyte }, 0],
  [{ addressBytes: 1.5 * gibibyte }, 1],
  [{ threads: 7 }, 0],
  [{ threads: 9 }, 2],
  [{ files: 48 }, 0],
])('so many worker threads fit beside the rest of a run: %o', (room, workers) => {
  requireRoom({ ...boundless, ...room });
  expect(workersThatFit({ ...boundless, ...room })).toBe(workers);
  expect(planMemory(4 * gibibyte, { ...boundless, ...room }).threads).toBeLessThanOrEqual(workers);
});

test('memory is shared out of what the address space holds', () => {
  const { duckdbBytes, sortingBytes } = planMemory(8 * gibibyte, { ...boundless, addressBytes: gibibyte });
  expect(duckdbBytes + sortingBytes).toBeLessThan(gibibyte / 2);
});

test.each<[string, unknown, string]>([
  ['open files', Object.assign(new Error(), { code: 'EMFILE' }), 'EMFILE'],
  ['threads', Object.assign(new Error(), { code: 'EAGAIN' }), 'EAGAIN'],
  ['threads', Object.assign(new Error(), { code: 'ERR_WORKER_INIT_FAILED' }), 'ERR_WORKER_INIT_FAILED'],
  ['memory', new RangeError('Array buffer allocation failed'), ''],
  ['memory', new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory'), ''],
])('a limit that is met on the way is named, and is no fault of ours: %s', (resource, error, code) => {
  const told = describeError(error);
  expect(told).toMatchObject({ code: 'process.limit', message: expect.stringContaining(`has run out of ${resource}`) });
  expect(told.message).toContain(code);
  if (code !== '') expect(stateError(error, 'a file')?.code).toBe('process.limit');
});

test('other errors are none of these', () => {
  for (const error of [new Error('EMFILE'), new RangeError('Invalid array length'), new SyncError('usage', 'a', 'b')])
    expect(limitFault(error, 'The run')).toBeUndefined();
});

test.runIf(process.platform === 'linux')('the limits of this process are read', () => {
  const { files, threads } = readRoom();
  expect(files).toBeGreaterThan(0);
  expect(files).toBeLessThan(Infinity);
  expect(threads).toBeGreaterThan(0);
});

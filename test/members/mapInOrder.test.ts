import { expect, test } from 'vitest';
import { mapInOrder } from '../../src/members/mapInOrder.ts';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

function pause(turns: number): Promise<void> {
  return turns === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(pause(turns - 1))));
}

test('results are in the order of the items, whichever is ready first', async () => {
  const work = async (item: number) => {
    await pause(item % 3 === 0 ? 5 : 1);
    return item * 10;
  };
  expect(await collect(mapInOrder([1, 2, 3, 4, 5, 6, 7], 3, work))).toEqual([10, 20, 30, 40, 50, 60, 70]);
});

test('no more calls are in progress, and no more items are pulled, than parallel allows', async () => {
  let pulled = 0;
  let underWay = 0;
  let most = 0;
  function* items() {
    while (pulled < 20) yield pulled++;
  }
  const work = async (item: number) => {
    most = Math.max(most, ++underWay);
    await pause(2);
    underWay--;
    return item;
  };
  const results = mapInOrder(items(), 3, work);
  await results.next();
  expect(pulled).toBe(3);
  expect((await collect(results)).length).toBe(19);
  expect(most).toBe(3);
});

test('a failure is thrown in its turn, when no call is in progress any more', async () => {
  let underWay = 0;
  const work = async (item: number) => {
    underWay++;
    await pause(item);
    underWay--;
    if (item === 2) throw new Error('the second');
    return item;
  };
  const results = mapInOrder([1, 2, 30, 4], 4, work);
  expect((await results.next()).value).toBe(1);
  await expect(results.next()).rejects.toThrow('the second');
  expect(underWay).toBe(0);
});

test('a source that fails fails the results, and a consumer that stops stops the source', async () => {
  let isClosed = false;
  async function* items() {
    try {
      yield 1;
      yield 2;
      throw new Error('no more');
    } finally {
      isClosed = true;
    }
  }
  await expect(collect(mapInOrder(items(), 5, async (item) => item))).rejects.toThrow('no more');
  isClosed = false;
  for await (const item of mapInOrder(items(), 1, async (item) => item)) if (item === 1) break;
  expect(isClosed).toBe(true);
});

/**
 * Yields the results of `work` in the order of the items, with at most `parallel` calls in progress. Items are pulled
 * no faster than results are taken.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  parallel: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // A failure is thrown in its turn. Until then it must not count as unhandled.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length >= parallel) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}

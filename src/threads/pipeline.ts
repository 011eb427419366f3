/**
 * Runs `work` on every item, at most `limit` at once, and yields the results in the order of the items. A failure is
 * thrown where its item's turn comes; what is under way then is awaited before the generator ends.
 */
export async function* pipeline<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const pending: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // The failure is handled when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      pending.push(result);
      const first = pending.length >= limit ? pending.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = pending.shift(); first !== undefined; first = pending.shift()) yield await first;
  } finally {
    await Promise.allSettled(pending);
  }
}

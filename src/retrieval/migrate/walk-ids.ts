import type { Engine } from '../../engine/index.ts';

/** The most that an engine gives at a time. */
const pageIds = 10_000;

/** Shows the ids of a collection page by page. Returns how many they are. @throws the signal's reason; what `look` throws. */
export async function walkIds(
  engine: Engine,
  name: string,
  look: (ids: readonly string[]) => Promise<void> | void,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const ids = await engine.ids(name, { after, limit: pageIds });
    await look(ids);
    count += ids.length;
    if (ids.length < pageIds) return count;
    after = ids.at(-1);
  }
}

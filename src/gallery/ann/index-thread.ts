// The main module of a thread that holds shards of indexes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lowerPriority, serve } from '../../threads/index.ts';
import type { ShardOperations } from './shard-hosts.ts';
import { ShardStore } from './shard-store.ts';

lowerPriority();
await serve<ShardOperations>(() => {
  const store = new ShardStore();
  /** Changes of shards are made one after the other; searches come between their steps. */
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(work: () => T | Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    ready: undefined,
    handlers: {
      create: (id, options) => inOrder(() => store.create(id, options)),
      load: (id, directory, expected) => inOrder(() => store.load(id, directory, expected)),
      change: (id, change) =>
        inOrder(async () => {
          const steps = store.change(id, change);
          for (;;) {
            const { done, value } = steps.next();
            if (done === true) return value;
            await nextTurn();
          }
        }),
      search: (id, query, k, ef) => store.search(id, query, k, ef),
      save: (id, directory, state) => inOrder(() => store.save(id, directory, state)),
      drop: (id) => inOrder(() => store.drop(id)),
    },
  };
});

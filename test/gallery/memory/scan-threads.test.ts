// slow: starts threads

import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Bitmap } from '../../../src/gallery/memory/bitmap.ts';
import { type ExactQuery, exactScan } from '../../../src/gallery/memory/exact-scan.ts';
import { ScanThreads } from '../../../src/gallery/memory/scan-threads.ts';
import { Scheduler } from '../../../src/gallery/worker/scheduler.ts';
import { silentLogger } from '../../../src/log.ts';
import type { Neighbour } from '../../../src/vectors/index.ts';
import { normals } from '../ann/vectors.ts';
import { finish, Store } from './store.ts';

const dimension = 512;
const metric = 'cosine';
const count = 12_000;

const threads = new ScanThreads(2, silentLogger);
after(() => threads.close());
const next = normals(3);
const randomVector = (): Float32Array => Float32Array.from({ length: dimension }, next);
// One in five is a copy of another.
const vectors: Float32Array[] = [];
for (let i = 0; i < count; i++) vectors.push(i % 5 === 4 ? (vectors[i - 3] as Float32Array) : randomVector());

function filled(scanThreads?: ScanThreads): Store {
  const store = new Store(dimension, { metric }, undefined, scanThreads);
  for (const vector of vectors) store.add(vector);
  for (let i = 0; i < count; i += 7) store.delete(2 * i + 1);
  finish(store.memory.fill());
  return store;
}

const threaded = filled(threads);
const alone = filled();
const scheduler = new Scheduler({ isBehind: () => false, work: () => false });

async function ready(): Promise<void> {
  while (!threads.isFor(2 ** 30)) await turn();
}

const queries = Array.from({ length: 24 }, (_, i): ExactQuery => {
  const allow =
    i % 3 === 0
      ? undefined
      : Bitmap.of(
          count,
          Array.from({ length: count }, (_, row) => row).filter((row) => row % 10 !== i % 10),
        );
  const vector = i % 2 === 0 ? randomVector() : (vectors[i * 37] as Float32Array);
  return { vector, choice: { metric }, n: 1 + 3 * i, allow };
});
const expected = queries.map((query) => finish(exactScan(alone.memory, query)));
/** Those behind the place of a page's end. */
const later = queries.map((query, i) => ({ ...query, from: expected[i]?.at(-1)?.distance ?? 0 }));

test('threads find what one finds, to the last tie, however many queries there are at once', async () => {
  await ready();
  let scans = 0;
  const { scan } = threads;
  threads.scan = (...given) => {
    scans += 1;
    return scan.apply(threads, given);
  };
  const all = (some: readonly ExactQuery[]): Promise<Neighbour[][]> =>
    Promise.all(some.map((query) => scheduler.run(exactScan(threaded.memory, query))));
  deepEqual(await all(queries), expected);
  deepEqual(
    await all(later),
    later.map((query) => finish(exactScan(alone.memory, query))),
  );
  for (const [i, query] of queries.slice(0, 4).entries())
    deepEqual(await scheduler.run(exactScan(threaded.memory, query)), expected[i]);
  // So few that the kernel does them.
  deepEqual(await all(queries.slice(0, 8)), expected.slice(0, 8));
  equal(scans, 2 * queries.length + 12, 'the threads did them');
  threads.scan = scan;
});

test('a scan that is cancelled ends, and the others of its pass do not', async () => {
  await ready();
  let cancel = (_reason: never): void => {};
  const [query] = queries as [ExactQuery];
  const given = scheduler.run(exactScan(threaded.memory, query), {
    onCancel: (listener) => {
      cancel = listener as never;
    },
  });
  const other = scheduler.run(exactScan(threaded.memory, query));
  while (cancel.length === 0) await turn();
  cancel(new Error('given up') as never);
  await given.then(
    () => ok(false, 'it was not cancelled'),
    (error: Error) => equal(error.message, 'given up'),
  );
  deepEqual(await other, expected[0]);
});

test('without their threads scans go on', async () => {
  await ready();
  const [query] = queries as [ExactQuery];
  const running = scheduler.run(exactScan(threaded.memory, query));
  await threads.close();
  deepEqual(await running, expected[0]);
  deepEqual(await scheduler.run(exactScan(threaded.memory, query)), expected[0]);
});

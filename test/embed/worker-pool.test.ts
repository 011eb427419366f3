// slow: starts threads
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { restartPauseMs } from '../../src/embed/restarting-worker.ts';
import { WorkerPool } from '../../src/embed/worker-pool.ts';
import { SnapshelfError } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { deeds } from './support/deeds.ts';

const script = new URL('./support/fake-worker.js', import.meta.url);
const coded = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;
const pixels = (first: number): Uint8Array<ArrayBuffer> => Uint8Array.of(first, 0, 0);
const died = /worker thread .* ended/;

let folder: string;
let marker: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pool-'));
  marker = join(folder, 'marker');
});
beforeEach(() => writeFile(marker, ''));
after(() => rm(folder, { recursive: true }));

function makePool(workers = 1) {
  const seen = { idle: 0, unavailable: [] as SnapshelfError[] };
  const pool = new WorkerPool({
    setup: {
      modelPath: marker,
      modelId: '',
      provider: 'auto',
      threads: 1,
      height: 1,
      width: 1,
      dimension: 1,
    },
    workers,
    onIdle: () => {
      seen.idle += 1;
    },
    onUnavailable: (error) => seen.unavailable.push(error),
    log: silentLogger,
    script,
  });
  return { pool, seen };
}

async function untilIdle(pool: WorkerPool): Promise<void> {
  while (!pool.idle) await sleep(5);
}

test('runs batches on the idle workers and takes the first decision for all', async () => {
  const { pool, seen } = makePool(2);
  assert.throws(() => pool.decision, /not open/);
  await using _ = pool;
  await pool.open();
  assert.deepEqual(pool.decision, { provider: 'cpu', reason: 'asked for auto' });
  assert.equal(seen.idle, 2);
  const runs = [pool.run(pixels(7), 1), pool.run(pixels(8), 1)];
  assert.equal(pool.idle, false);
  await assert.rejects(pool.run(pixels(9), 1), TypeError);
  assert.deepEqual(
    (await Promise.all(runs)).map(({ vectors }) => vectors[0]),
    [7, 8],
  );
  assert.equal(seen.idle, 4);
});

test('a batch is moved to the worker, not copied', async () => {
  const { pool } = makePool();
  await using _ = pool;
  await pool.open();
  const batch = pixels(1);
  await pool.run(batch, 1);
  assert.equal(batch.length, 0);
});

test('a worker that cannot start makes open fail with its error and leaves none behind', async () => {
  await rm(marker);
  const { pool, seen } = makePool(3);
  await assert.rejects(pool.open(), coded('model-not-found'));
  assert.deepEqual(seen, { idle: 0, unavailable: [] });
  assert.equal(pool.restarts, 0);
});

test('an error that the worker reports is the error of that batch only', async () => {
  const { pool } = makePool();
  await using _ = pool;
  await pool.open();
  await assert.rejects(pool.run(pixels(deeds.fail), 1), coded('inference-failed'));
  assert.equal((await pool.run(pixels(5), 1)).vectors[0], 5);
  assert.equal(pool.restarts, 0);
});

for (const deed of ['exit', 'throw'] as const) {
  test(`a worker that dies (${deed}) fails its batch with worker-died and is replaced`, async () => {
    const { pool, seen } = makePool();
    await using _ = pool;
    await pool.open();
    for (let round = 1; round <= 5; round += 1) {
      const run = pool.run(pixels(deeds[deed]), 1);
      await assert.rejects(run, (error) => coded('worker-died')(error) && died.test(String(error)));
      await untilIdle(pool);
      assert.equal((await pool.run(pixels(round), 1)).vectors[0], round);
      assert.equal(pool.restarts, round);
    }
    assert.deepEqual(seen.unavailable, []);
  });
}

test('a worker terminated in the middle of a run fails its batch and is replaced', async () => {
  const born: Worker[] = [];
  const note = (worker: Worker): void => void born.push(worker);
  process.on('worker', note);
  const { pool } = makePool();
  await using _ = pool;
  await pool.open();
  const held = assert.rejects(pool.run(pixels(deeds.dawdle), 1), coded('worker-died'));
  await born[0]?.terminate();
  await held;
  await untilIdle(pool);
  assert.equal((await pool.run(pixels(2), 1)).vectors[0], 2);
  process.off('worker', note);
});

test('replacements that do not start end in a typed error, not in a loop, and heal after a pause', async () => {
  const { pool, seen } = makePool();
  await using _ = pool;
  await pool.open();
  await rm(marker);
  await assert.rejects(pool.run(pixels(deeds.exit), 1), coded('worker-died'));
  while (seen.unavailable.length === 0) await sleep(5);
  const { restarts } = pool;
  assert.equal(restarts, 3);
  const error = pool.wake();
  assert.equal(error?.code, 'model-not-found');
  assert.equal(error?.details['retryAfterSeconds'], 1);
  await writeFile(marker, '');
  await sleep(1050);
  assert.equal(pool.restarts, restarts, 'nobody asked, so nothing was started');
  assert.equal(pool.wake(), undefined);
  await untilIdle(pool);
  assert.equal((await pool.run(pixels(4), 1)).vectors[0], 4);
});

test('with one of two workers down the other serves', async () => {
  const { pool, seen } = makePool(2);
  await using _ = pool;
  await pool.open();
  await rm(marker);
  await assert.rejects(pool.run(pixels(deeds.exit), 1), coded('worker-died'));
  while (pool.restarts < 3) await sleep(5);
  await sleep(100);
  assert.equal(pool.wake(), undefined);
  assert.equal((await pool.run(pixels(4), 1)).vectors[0], 4);
  assert.deepEqual(seen.unavailable, []);
});

test('close lets what runs finish, and ends a replacement that is still starting', async () => {
  const { pool } = makePool(2);
  await pool.open();
  const slow = pool.run(pixels(deeds.dawdle), 1);
  await assert.rejects(pool.run(pixels(deeds.exit), 1), coded('worker-died'));
  await pool.close();
  assert.equal((await slow).vectors[0], deeds.dawdle);
  assert.equal(pool.idle, false);
});

test('the pause before a restart grows from nothing to half a minute', () => {
  assert.deepEqual([1, 3, 4, 5, 6, 100].map(restartPauseMs), [0, 0, 1000, 2000, 4000, 30_000]);
});

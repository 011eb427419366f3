// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { calibrationSchema } from '../../../src/matching/index.ts';
import { calibrateCollection } from '../../../src/retrieval/calibration/calibrate-collection.ts';
import { Calibrations } from '../../../src/retrieval/calibration/calibrations.ts';
import { type CalibrateOptions, Retriever } from '../../../src/retrieval/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-calibrate-'));
const dimension = 4;
let retriever: Retriever;

/** Makes a collection of products with two items each, at different angles. */
async function fill(on: Retriever, name: string, products: number): Promise<void> {
  const { modelId } = await on.createCollection(name, { vectorsOf: { name: 'drawn', dimension } });
  const items = Array.from({ length: 2 * products }, (_, i) => {
    const angle = ((i >> 1) * 2 * Math.PI) / products + 0.01 * (i % 2);
    return {
      id: String(i),
      productId: `p${i >> 1}`,
      vector: Float32Array.of(Math.cos(angle), Math.sin(angle), 0, 0),
      imageHash: '',
    };
  });
  if (items.length > 0) await on.gallery.upsert(name, modelId, items);
}

before(async () => {
  retriever = await Retriever.open(folder);
  await fill(retriever, 'shop', 30);
  await fill(retriever, 'empty', 0);
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an empty collection has too few pairs, is told how many it needs, and keeps nothing', async () => {
  const progress: number[] = [];
  const refused = retriever.calibrate('empty', { onProgress: ({ total }) => void progress.push(total) });
  await assert.rejects(refused, {
    code: 'too-few-pairs',
    message: /0 products, and 0 items .* needs 3 products and 20 such items\. Add more pictures/,
  });
  assert.deepEqual(progress, [0]);
  assert.equal(await retriever.calibration('empty'), undefined);
  assert.equal(await retriever.calibrationReport('empty'), undefined);
});

test('items and their vectors are read in pages, and each item costs one call: its search', async () => {
  const { gallery } = retriever;
  await fill(retriever, 'paged', 30);
  const { modelId } = await gallery.info('paged');
  const alone = Array.from({ length: 20 }, (_, i) => ({
    id: `alone${i}`,
    vector: Float32Array.of(0, 0, Math.cos(i), Math.sin(i)),
    imageHash: '',
  }));
  await gallery.upsert('paged', modelId, alone);
  const calls = new Map<string, number>();
  const counting = new Proxy(gallery, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]) => {
        calls.set(String(key), (calls.get(String(key)) ?? 0) + 1);
        return value.apply(target, given);
      };
    },
  });
  const { known, falseMatches } = await calibrateCollection(counting, await gallery.info('paged'), {});
  assert.equal(falseMatches.flatMap(({ strengths }) => strengths).length, 80);
  assert.equal(known, 60, 'those that are alone have no other item of their product');
  assert.deepEqual(Object.fromEntries(calls), { ids: 1, list: 2, vectors: 1, search: 80 });
});

/** Options whose calibration calls `then` when a few items were searched for. */
const midway = (then: () => void): CalibrateOptions => ({
  onProgress: ({ done }) => {
    if (done === 5) then();
  },
});

test('one that is aborted rejects with the reason, keeps what there was, and leaves the way free', async () => {
  const kept = await retriever.calibrate('shop', { unknownShare: 0.3 });
  const reason = new Error('enough');
  for (const abortAt of [0, 5, 60]) {
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done }: { readonly done: number }): void => {
      seen.push(done);
      if (done === abortAt) stop.abort(reason);
    };
    await assert.rejects(
      retriever.calibrate('shop', { signal: stop.signal, onProgress }),
      (error) => error === reason,
    );
    // Two searches are under way at a time.
    assert.ok((seen.at(-1) ?? 0) <= abortAt + 2, `${seen}`);
    assert.deepEqual(await retriever.calibration('shop'), kept);
  }
  const again = await retriever.calibrate('shop');
  assert.deepEqual([again.pairs, again.unknownShare], [60, 0.5]);
});

test('a second one of the same collection is refused while the first runs, which goes on', async () => {
  let second: Promise<unknown> | undefined;
  const first = retriever.calibrate(
    'shop',
    midway(() => {
      second = assert.rejects(retriever.calibrate('shop'), { code: 'collection-busy' });
    }),
  );
  assert.equal((await first).pairs, 60);
  assert.ok(second !== undefined);
  await second;
});

test('items that are removed meanwhile do no harm, and those that are added count as changes', async () => {
  await fill(retriever, 'changing', 30);
  let changes: Promise<unknown> | undefined;
  const { modelId } = await retriever.gallery.info('changing');
  const more = { id: 'more', productId: 'more', vector: Float32Array.of(0, 0, 1, 0), imageHash: '' };
  const { pairs, changed, items } = await retriever.calibrate(
    'changing',
    midway(() => {
      changes = Promise.all([
        retriever.gallery.delete('changing', ['0', '1', '2', '3']),
        retriever.gallery.upsert('changing', modelId, [more]),
      ]);
    }),
  );
  await changes;
  assert.ok(pairs >= 56 && pairs <= 60, `${pairs}`);
  assert.equal(items, 60);
  assert.ok(changed > 0);
});

test('one that comes to its end when the collection has another model is not kept', async () => {
  const before = await retriever.gallery.info('shop');
  const kept = calibrationSchema.parse(
    JSON.parse((await retriever.gallery.document('shop', 'calibration')) ?? ''),
  );
  const ofBefore = { ...kept, modelId: 'b'.repeat(64) };
  await assert.rejects(new Calibrations(retriever.gallery).set(before, ofBefore), {
    code: 'model-mismatch',
    message: /was switched to the model drawn while it was calibrated/,
  });
  assert.equal((await retriever.calibration('shop'))?.misfit, undefined);
});

test('one that runs when the retriever is closed ends with it, and nothing is kept', async () => {
  const data = join(folder, 'closed');
  const other = await Retriever.open(data);
  await fill(other, 'shop', 30);
  let closed: Promise<void> | undefined;
  const refused = assert.rejects(
    other.calibrate(
      'shop',
      midway(() => {
        closed = other.close();
      }),
    ),
    { code: 'closed' },
  );
  await refused;
  await closed;
  await using again = await Retriever.open(data);
  assert.equal(await again.calibration('shop'), undefined);
});

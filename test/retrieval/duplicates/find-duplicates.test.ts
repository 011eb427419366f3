// slow: opens data folders
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ItemInput } from '../../../src/engine/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { type CollectionDuplicates, Retriever } from '../../../src/retrieval/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-duplicates-'));
const data = join(folder, 'data');
const file = (name: string): string => join(data, 'duplicates', `${name}.json`);
const modelId = 'a'.repeat(64);
const dimension = 16;
let retriever: Retriever;

before(async () => {
  retriever = await Retriever.open(data);
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

let state = 7;
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const id = (i: number): string => `item-${String(i).padStart(4, '0')}`;

/** Items in clusters of 1 to 4, whose vectors lie near one another. */
function clustered(count: number): ItemInput[] {
  let centre = new Float32Array(dimension);
  let left = 0;
  return Array.from({ length: count }, (_, i) => {
    if (left === 0) {
      centre = Float32Array.from({ length: dimension }, () => random() - 0.5);
      left = 1 + Math.floor(4 * random());
    }
    left -= 1;
    const vector = centre.map((value) => value + 0.15 * (random() - 0.5));
    return { id: id(i), vector, imageHash: '' };
  });
}

async function collection(name: string, items: readonly ItemInput[]): Promise<void> {
  const settings = { modelId, modelName: 'none', dimension, metric: 'cosine', storeImages: false } as const;
  await retriever.gallery.create({ name, ...settings });
  await retriever.gallery.upsert(name, modelId, items);
}

/** The connected components of the pairs that score at least the threshold, in float64. */
function oracle(items: readonly ItemInput[], threshold: number): string[][] {
  const unit = items.map(({ vector }) => {
    const norm = Math.hypot(...vector);
    return [...vector].map((value) => value / norm);
  });
  const group = items.map((_, i) => i);
  for (let i = 0; i < items.length; i += 1)
    for (let j = 0; j < i; j += 1) {
      const score = (unit[i] ?? []).reduce((sum, value, d) => sum + value * (unit[j]?.[d] ?? 0), 0);
      assert.ok(Math.abs(score - threshold) > 1e-6, 'no pair lies at the threshold');
      const [a, b] = [group[i], group[j]];
      if (score > threshold) for (const [k, of] of group.entries()) if (of === a) group[k] = b as number;
    }
  const members = [...new Set(group)].map((of) =>
    items.filter((_, i) => group[i] === of).map((item) => item.id),
  );
  return members.filter((one) => one.length > 1);
}

const ids = ({ groups }: CollectionDuplicates): string[][] =>
  groups.map((group) => group.map((one) => one.id));
const sorted = (groups: string[][]): string[] => groups.map((group) => group.join(' ')).sort();

test('groups are the connected components of the pairs above the threshold, by a float64 oracle', async () => {
  const items = clustered(200);
  await collection('oracle', items);
  for (const threshold of [0.95, 0.8]) {
    const found = await retriever.findDuplicates('oracle', { threshold, exact: true });
    const wanted = oracle(items, threshold);
    assert.deepEqual(sorted(ids(found)), sorted(wanted));
    assert.ok(wanted.length > 20, 'there is something to find');
    assert.deepEqual(
      [found.done, found.total, found.changed, found.cut, found.isComplete],
      [200, 200, 0, 0, true],
    );
    const sizes = found.groups.map((group) => group.length);
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
      'the largest first',
    );
    assert.ok(found.groups.flat().every(({ score, identical }) => score >= threshold && !identical));
  }
});

/** Runs until `done` items were looked at, and returns the state that was kept at that moment. */
async function interrupted(name: string, done: number): Promise<void> {
  const stop = new AbortController();
  const onProgress = (progress: { readonly done: number }): void => {
    if (progress.done === done) stop.abort();
  };
  await assert.rejects(retriever.findDuplicates(name, { signal: stop.signal, onProgress }), {
    name: 'AbortError',
  });
}

test('one that was interrupted goes on with the same options, and has the same result', async () => {
  const items = clustered(100);
  await collection('stopped', items);
  await interrupted('stopped', 40);
  const kept = await retriever.keptDuplicates('stopped');
  assert.deepEqual([kept?.isComplete, kept?.done], [false, 40]);
  assert.ok(kept?.groups.length !== 0);
  const seen: number[] = [];
  const onProgress = ({ done }: { readonly done: number }): void => void seen.push(done);
  const whole = await retriever.findDuplicates('stopped', { onProgress });
  assert.deepEqual([seen[0], seen.at(-1), seen.length], [40, 100, 61]);
  assert.deepEqual(sorted(ids(whole)), sorted(oracle(items, 0.95)));
  assert.deepEqual(await retriever.keptDuplicates('stopped'), whole);
  const again: number[] = [];
  const same = await retriever.findDuplicates('stopped', { onProgress: ({ done }) => again.push(done) });
  assert.deepEqual([same, again], [whole, [100]], 'a search that is over and unchanged is not done again');
});

test('a kill loses what came after the last state, and nothing is wrong after it', async () => {
  const items = clustered(530);
  await collection('killed', items);
  const stop = new AbortController();
  const copy = join(folder, 'copy.json');
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done !== 515) return;
    copyFileSync(file('killed'), copy);
    stop.abort();
  };
  await assert.rejects(retriever.findDuplicates('killed', { signal: stop.signal, onProgress }));
  copyFileSync(copy, file('killed'));
  const seen: number[] = [];
  const whole = await retriever.findDuplicates('killed', { onProgress: ({ done }) => seen.push(done) });
  assert.equal(seen[0], 500);
  assert.deepEqual(sorted(ids(whole)), sorted(oracle(items, 0.95)));
});

test('another threshold, a change of the collection or a damaged state begin anew', async () => {
  const items = clustered(60);
  await collection('anew', items);
  const firstOf = async (options: object): Promise<number | undefined> => {
    const seen: number[] = [];
    await retriever.findDuplicates('anew', { ...options, onProgress: ({ done }) => seen.push(done) });
    return seen[0];
  };
  await interrupted('anew', 20);
  assert.equal(await firstOf({ threshold: 0.9 }), 0);
  await interrupted('anew', 20);
  await retriever.gallery.delete('anew', [id(59)]);
  assert.equal(await firstOf({}), 0);
  writeFileSync(file('anew'), '{"formatVersion":1');
  assert.equal(await retriever.keptDuplicates('anew'), undefined);
  assert.equal(await firstOf({}), 0);
  assert.ok(existsSync(file('anew')));
  await retriever.gallery.drop('anew');
  assert.ok(!existsSync(file('anew')), 'what was found goes with the collection');
  await collection('anew', items);
  assert.equal(await retriever.keptDuplicates('anew'), undefined, 'of a collection that is gone');
  assert.equal(await firstOf({}), 0);
});

test('changes meanwhile are counted, and items that are gone are no error', async () => {
  const items = clustered(50);
  await collection('changing', items);
  let change: Promise<unknown> | undefined;
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done === 10) change = retriever.gallery.delete('changing', [id(40), id(49)]);
  };
  const found = await retriever.findDuplicates('changing', { onProgress });
  await change;
  assert.deepEqual([found.changed, found.isComplete], [2, true]);
  await retriever.gallery.delete('changing', [id(1)]);
  assert.equal((await retriever.keptDuplicates('changing'))?.changed, 3, 'changes after it too');
});

test('pictures of the same bytes are one search, however many they are', async () => {
  const vector = Float32Array.from({ length: dimension }, () => random() - 0.5);
  const items = Array.from({ length: 300 }, (_, i) => ({ id: id(i), vector, imageHash: 'b'.repeat(64) }));
  await collection('placeholders', items);
  const { gallery } = retriever;
  const { search } = gallery;
  let searches = 0;
  gallery.search = (...given) => {
    searches += 1;
    return search.apply(gallery, given);
  };
  const found = await retriever.findDuplicates('placeholders', { exact: true });
  gallery.search = search;
  assert.deepEqual([found.groups.length, found.groups[0]?.length], [1, 300]);
  assert.ok(found.groups[0]?.every(({ identical }) => identical));
  // Of each of the 24 that are under way at once, two.
  assert.ok(searches <= 50, `${searches}`);
});

test('one at a time of a collection; no threshold under L2; a folder that is open read-only keeps nothing', async () => {
  await collection('one', clustered(30));
  const first = retriever.findDuplicates('one');
  const isBusy = (error: unknown) => error instanceof SnapshelfError && error.code === 'collection-busy';
  await assert.rejects(retriever.findDuplicates('one'), isBusy);
  await first;
  await retriever.forgetDuplicates('one');
  assert.equal(existsSync(file('one')), false);
  await assert.rejects(retriever.forgetDuplicates('../../one'), { code: 'id-invalid' });
  const settings = { modelId, modelName: 'none', dimension, metric: 'l2' } as const;
  await retriever.gallery.create({ name: 'l2', ...settings });
  await assert.rejects(retriever.findDuplicates('l2'), RangeError);
  await assert.rejects(retriever.findDuplicates('one', { threshold: 1.5 }), RangeError);
  await using reader = await Retriever.open(data, { readOnly: true });
  const found = await reader.findDuplicates('one');
  assert.deepEqual([found.isComplete, existsSync(file('one'))], [true, false]);
});

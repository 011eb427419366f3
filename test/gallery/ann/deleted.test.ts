// slow: builds graphs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import type { IndexEngine } from '../../../src/gallery/ann/manifest.ts';
import { enginesHere } from './engines-here.ts';
import { HnswlibBytes, rewrite } from './saved-graph.ts';
import { bruteForce, normals, withFolder } from './vectors.ts';

// Deleted vectors stay in a graph until it is compacted.

const dimension = 32;
const next = normals(7);
const vector = (): Float32Array => Float32Array.from({ length: dimension }, next);
const vectors = new Map(Array.from({ length: 2500 }, (_, sequence) => [sequence, vector()]));
const queries = Array.from({ length: 100 }, vector);

function indexOf(engine: IndexEngine, all: ReadonlyMap<number, Float32Array>): HnswIndex {
  const index = HnswIndex.create({ engine, metric: 'l2', dimension });
  for (const [sequence, one] of all) index.add(sequence, one);
  return index;
}

const sequences = (found: readonly { readonly sequence: number }[]): number[] =>
  found.map(({ sequence }) => sequence);

/** The share of the ten nearest that is found at an ef of 32. */
function recall(index: HnswIndex, all: ReadonlyMap<number, Float32Array>): number {
  let hits = 0;
  for (const query of queries) {
    const truth = new Set(sequences(bruteForce(all, query, 'l2').slice(0, 10)));
    hits += sequences(index.search(query, 10, { ef: 32 })).filter((sequence) => truth.has(sequence)).length;
  }
  return hits / (10 * queries.length);
}

for (const { engine, skip } of enginesHere) {
  test(`${engine}: recall with a fifth deleted is as good as before`, { skip }, () => {
    const index = indexOf(engine, vectors);
    const before = recall(index, vectors);
    const left = new Map([...vectors].filter(([sequence]) => sequence % 5 !== 0));
    for (const sequence of vectors.keys()) if (!left.has(sequence)) index.delete(sequence);
    assert.equal(index.deletedShare, 0.2);
    const after = recall(index, left);
    assert.ok(before > 0.9 && after >= before, `${before} before, ${after} after`);
  });

  test(`${engine}: where everything near is deleted, what is behind it is found`, { skip }, () => {
    const index = indexOf(engine, vectors);
    const query = vector();
    const order = sequences(bruteForce(vectors, query, 'l2'));
    for (const sequence of order.slice(0, 500)) index.delete(sequence);
    assert.deepEqual(sequences(index.search(query, 10)), order.slice(500, 510));
  });

  test(`${engine}: a vector that comes back takes its room again`, { skip }, () => {
    const index = indexOf(engine, new Map([...vectors].slice(0, 100)));
    const one = vectors.get(7) ?? vector();
    for (let sequence = 1000; sequence < 1100; sequence++) {
      index.delete(sequence === 1000 ? 7 : sequence - 1);
      index.add(sequence, one);
    }
    assert.deepEqual([index.size, index.deletedShare], [100, 0]);
    assert.equal(index.search(one, 1)[0]?.sequence, 1099);
  });
}

test('the file of an earlier release, whose deleted nodes are marked, answers the same', {
  skip: enginesHere.find(({ engine }) => engine === 'hnswlib')?.skip,
}, () => {
  const index = indexOf('hnswlib', vectors);
  const kept = new Set<number>();
  for (const sequence of vectors.keys()) {
    if (sequence % 5 === 0) index.delete(sequence);
    else kept.add(sequence);
  }
  withFolder((folder) => {
    index.save(folder, { modelId: 'm', sequence: 1 });
    rewrite(folder, 'vectors', (view) => {
      const graph = new HnswlibBytes(view);
      for (let node = 0; node < graph.nodes; node++) if (!kept.has(node)) graph.mark(node);
    });
    const loaded = loadIndex(folder, { modelId: 'm', metric: 'l2', dimension });
    assert.ok('index' in loaded, 'problem' in loaded ? loaded.problem : '');
    for (const query of queries) assert.deepEqual(loaded.index.search(query, 10), index.search(query, 10));
    loaded.index.save(folder, { modelId: 'm', sequence: 2 });
    let marks = 0;
    rewrite(folder, 'vectors', (view) => {
      const graph = new HnswlibBytes(view);
      for (let node = 0; node < graph.nodes; node++) marks += view.getUint8(graph.node(node) + 2);
    });
    assert.equal(marks, 0);
  });
});

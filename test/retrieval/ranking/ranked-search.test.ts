import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { Retriever, type RetrieverSearchOptions } from '../../../src/retrieval/index.ts';
import {
  cosineSimilarity,
  expandQuery,
  kReciprocalDefaults,
  kReciprocalDistances,
} from '../../../src/vectors/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-ranking-'));
const dimension = 6;
const count = 400;
let retriever: Retriever;

/** Numbers from -1 to 1, the same every time. */
let state = 11;
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 31 - 1;
};
const drawn = (): Float32Array => Float32Array.from({ length: dimension }, random);
const vectors = Array.from({ length: count }, drawn);
const idOf = (i: number): string => `item-${String(i).padStart(3, '0')}`;
const productOf = (i: number): string => `product-${i % 150}`;
const query = drawn();
const scores = vectors.map((vector) => cosineSimilarity(query, vector));
const byScore = [...vectors.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));

before(async () => {
  retriever = await Retriever.open(folder);
  for (const metric of ['cosine', 'l2'] as const) {
    const vectorsOf = { name: 'drawn', dimension };
    const { modelId } = await retriever.createCollection(metric, { metric, vectorsOf });
    const items = vectors.map((vector, i) => ({
      id: idOf(i),
      productId: productOf(i),
      metadata: { even: i % 2 === 0 },
      vector,
      imageHash: '',
    }));
    await retriever.gallery.upsert(metric, modelId, items);
  }
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

const search = (options: RetrieverSearchOptions, collection = 'cosine') =>
  retriever.search(collection, { vector: query }, options);
const matrixOf = (rows: readonly number[]) => ({
  vectors: Float32Array.from(rows.flatMap((row) => [...(vectors[row] as Float32Array)])),
  dimension,
});

function run<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

test('expand searches by the expanded query, its facets and pages too', async () => {
  const vector = expandQuery(query, matrixOf(byScore.slice(0, 4)), 2);
  const wanted = await retriever.search('cosine', { vector }, { k: 20, group: 'item' });
  const expand = { n: 4, alpha: 2 };
  const answer = await search({ k: 10, group: 'item', expand });
  assert.deepEqual(answer.hits, wanted.hits.slice(0, 10));
  assert.deepEqual(answer.ranking, { expandedBy: 4 });
  const second = await search({ k: 10, group: 'item', expand, after: answer.next ?? '' });
  assert.deepEqual(second.hits, wanted.hits.slice(10));
  const own = await search({ k: 3 });
  assert.equal(own.ranking, undefined);
  const filter = { field: 'metadata.even', equals: true };
  const even = byScore.filter((row) => row % 2 === 0).slice(0, 4);
  const filtered = await retriever.search(
    'cosine',
    { vector: expandQuery(query, matrixOf(even), 2) },
    { filter },
  );
  assert.deepEqual((await search({ filter, expand })).hits, filtered.hits);
});

test('rerank puts the nearest items in the order of their k-reciprocal distances', async () => {
  const depth = 60;
  const nearest = byScore.slice(0, depth);
  const pool = { vectors: Float32Array.of(...query, ...matrixOf(nearest).vectors), dimension };
  const distances = run(kReciprocalDistances(pool, kReciprocalDefaults));
  const order = [...nearest.keys()].sort((a, b) => (distances[a] as number) - (distances[b] as number));
  const answer = await search({ k: 30, group: 'item', rerank: { depth } });
  assert.deepEqual(
    answer.hits.map(({ item }) => item.id),
    order.slice(0, 30).map((at) => idOf(nearest[at] as number)),
  );
  for (const [at, { rerankDistance, score }] of answer.hits.entries()) {
    assert.equal(rerankDistance, distances[order[at] as number]);
    assert.ok(Math.abs(score - (scores[nearest[order[at] as number] as number] as number)) < 1e-6);
  }
  assert.deepEqual([answer.next, answer.hidden, answer.ranking], [null, 0, { depth }]);
  const products = await search({ k: 10, rerank: { depth } });
  const firsts = new Map<string, string>();
  for (const at of order) {
    const row = nearest[at] as number;
    if (!firsts.has(productOf(row))) firsts.set(productOf(row), idOf(row));
  }
  assert.deepEqual(
    products.hits.map(({ item }) => item.id),
    [...firsts.values()].slice(0, 10),
  );
});

test('views mean: the products of the least mean distance over all their items that pass the filter', async () => {
  for (const even of [false, true]) {
    const rows = [...vectors.keys()].filter((row) => !even || row % 2 === 0);
    const products = new Map<string, number[]>();
    for (const row of rows) products.set(productOf(row), [...(products.get(productOf(row)) ?? []), row]);
    const means = [...products].map(([name, own]) => ({
      name,
      mean: own.reduce((sum, row) => sum + (scores[row] as number), 0) / own.length,
    }));
    means.sort((a, b) => b.mean - a.mean);
    const filter = even ? { field: 'metadata.even', equals: true } : undefined;
    const answer = await search({ k: 40, views: 'mean', filter });
    assert.deepEqual(
      answer.hits.map(({ item }) => item.productId),
      means.slice(0, 40).map(({ name }) => name),
    );
    answer.hits.forEach(({ score, item }, i) => {
      assert.ok(Math.abs(score - (means[i]?.mean as number)) < 1e-6);
      // Its best item stands for it.
      const own = products.get(item.productId) ?? [];
      const best = own.toSorted((a, b) => (scores[b] as number) - (scores[a] as number))[0] as number;
      assert.equal(item.id, idOf(best));
    });
    assert.equal(answer.next, null);
    const limit = means[4]?.mean as number;
    assert.equal((await search({ views: 'mean', filter, minScore: limit - 1e-6 })).hits.length, 5);
  }
  assert.deepEqual((await search({ views: 'max' })).hits, (await search({})).hits);
});

test('what does not go together is refused, and says what to do', async () => {
  const refused: [RetrieverSearchOptions, RegExp, string?][] = [
    [{ expand: {} }, /metric l2, but expand and rerank need cosine/, 'l2'],
    [{ rerank: {} }, /metric l2/, 'l2'],
    [{ rerank: {}, after: 'x' }, /one page/],
    [{ views: 'mean', after: 'x' }, /one page/],
    [{ rerank: { depth: 20 }, k: 21 }, /wants 21 answers, but re-ranks 20 items/],
    [{ rerank: {}, k: 501 }, /at most 500/],
    [{ rerank: {}, views: 'mean' }, /do not go together/],
    [{ views: 'mean', group: 'item' }, /needs products/],
    [{ expand: {}, maxFalseMatch: 0.1 }, /maxFalseMatch does not go/],
    [{ rerank: {}, facets: { fields: [{ field: 'label' }], nearest: 5 } }, /facets/],
  ];
  for (const [options, message, collection] of refused)
    await assert.rejects(search(options, collection), (error: unknown) => {
      assert.ok(error instanceof SnapshelfError && error.code === 'query-invalid', String(error));
      assert.match(error.message, message);
      return true;
    });
  await assert.rejects(search({ expand: { n: 51 } }), RangeError);
  await assert.rejects(search({ rerank: { lambda: 2 } }), RangeError);
  assert.equal((await search({ views: 'mean', k: 3 }, 'l2')).hits.length, 3);
});

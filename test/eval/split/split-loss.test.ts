import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, givenVectors, type LabelledVectors, type SplitRow } from '../../../src/eval/index.ts';
import type { ItemFacts } from '../../../src/eval/split/temporary-collection.ts';
import { pairedBootstrap } from '../../../src/metrics/index.ts';
import { drawnVectors } from '../support/drawn.ts';

const subject = { protocol: 'query-gallery', queries: ['drawn'], gallery: ['drawn'], model: null } as const;
const queries = drawnVectors(30, 6, { seed: 3, prefix: 'q' });
const gallery = drawnVectors(80, 6, { seed: 4, prefix: 'g' });

/** The same vectors with their last numbers set to zero: a model that lost something. */
const worse = (set: LabelledVectors): LabelledVectors => ({
  ...set,
  vectors: set.vectors.map((value, at) => (at % set.dimension < 2 ? value : 0)),
});

const options = { ks: [1, 10, 20], metrics: ['cosine'] } as const;

const rowOf = (rows: readonly SplitRow[], stage: SplitRow['stage']): SplitRow => {
  const row = rows.find((one) => one.stage === stage);
  assert.ok(row);
  return row;
};
const mean = (row: SplitRow, name: string): number | undefined =>
  row.figures.find((one) => one.name === name)?.mean;

test('each line is against the line above by the paired bootstrap, and what cannot be computed says why', async () => {
  const given = { queries: worse(queries), gallery: worse(gallery) };
  const models = [
    { stage: 'float32', vectors: { queries, gallery } },
    { stage: 'int8', vectors: { ...given, milliseconds: 3 } },
    { stage: 'shortened', missing: 'The model has no projection.' },
  ] as const;
  const input = { ...given, subject };
  const before = await evaluate({ queries, gallery, subject }, options);
  const after = await evaluate(input, { ...options, splitLoss: { models } });
  const { rows, queries: counted } = after.splitLoss ?? assert.fail('no lines');
  assert.equal(counted, 30);
  assert.deepEqual(
    rows.map(({ stage, missing }) => [stage, missing === null]),
    [
      ['float32', true],
      ['int8', true],
      ['shortened', false],
      ['stored', true],
      ['index', true],
      ['filter', false],
      ['products', false],
    ],
  );
  assert.equal(rowOf(rows, 'shortened').missing, 'The model has no projection.');
  const int8 = rowOf(rows, 'int8');
  assert.equal(int8.against, 'float32');
  for (const name of ['recall@1', 'recall@20', 'map@r']) {
    const column = (of: typeof after) => ({
      ids: of.queries.ids,
      values: of.results[0]?.perQuery.figures[name] ?? [],
    });
    const { difference, interval } = pairedBootstrap(column(after), column(before), { seed: 0 });
    const figure = int8.figures.find((one) => one.name === name);
    assert.deepEqual(figure?.change, { difference, interval });
    assert.equal(
      mean(rowOf(rows, 'stored'), name),
      figure?.mean,
      'a collection finds what exact search does',
    );
  }
  assert.equal(rowOf(rows, 'stored').against, 'int8');
  assert.deepEqual(int8.milliseconds, { of: 'embedding', median: 3 });
  assert.equal(int8.bytesPerItem, 4 * queries.dimension);
  assert.match(rowOf(rows, 'index').note ?? '', /Of 30 searches for 10 answers the index served 0/);
});

test('a filter and grouping by product have lines: what the filter hides is a miss, and products are counted', async () => {
  const shown = (id: string): boolean => Number(id.replace(/\D/g, '')) % 2 === 0;
  const factsOf = (id: string): ItemFacts => ({
    productId: `p${Number(id.replace(/\D/g, '')) % 40}`,
    metadata: { shown: shown(id) },
  });
  const filter = { field: 'metadata.shown', equals: true } as const;
  const models = givenVectors({ queries, gallery });
  const evaluation = await evaluate(
    { queries, gallery, subject },
    { ...options, splitLoss: { models, factsOf, filter, storedPrecision: 'int8' } },
  );
  const rows = evaluation.splitLoss?.rows ?? [];
  const filtered = rowOf(rows, 'filter');
  assert.equal(filtered.missing, null);
  const halves = { rows: gallery.ids.flatMap((id, row) => (shown(id) ? [row] : [])) };
  assert.ok(halves.rows.length > 0 && halves.rows.length < gallery.ids.length);
  const change = filtered.figures.find(({ name }) => name === 'map@r')?.change;
  assert.ok(change && change.difference < -0.05, 'half of what is right is hidden');
  const products = rowOf(rows, 'products');
  assert.match(products.note ?? '', /counted in products/);
  assert.equal(products.against, 'filter');
  // int8 codes alone: a byte per number.
  assert.equal(rowOf(rows, 'stored').bytesPerItem, gallery.dimension);
});

test('items that a collection refuses name the reason on the lines of searching', async () => {
  const odd = { ...gallery, ids: gallery.ids.map((id) => `a\\${id}`) };
  const evaluation = await evaluate(
    { queries, gallery: odd, subject },
    { ...options, splitLoss: { models: givenVectors({ queries, gallery: odd }) } },
  );
  const missing = evaluation.splitLoss?.rows.filter(({ stage }) => stage === 'index' || stage === 'stored');
  for (const row of missing ?? []) assert.match(row.missing ?? '', /backslash|relative path|id/);
  assert.equal(missing?.length, 2);
});

test('a filter that does not fit costs the lines under it alone, and names the reason', async () => {
  const factsOf = (id: string): ItemFacts => ({ productId: `p${id.length}`, metadata: { price: 5 } });
  const filter = { field: 'metadata.price', gt: 'cheap' } as const;
  const models = givenVectors({ queries, gallery });
  const evaluation = await evaluate(
    { queries, gallery, subject },
    { ...options, splitLoss: { models, factsOf, filter } },
  );
  const missing = (evaluation.splitLoss?.rows ?? []).filter((row) => row.missing !== null);
  assert.deepEqual(
    missing.map(({ stage }) => stage),
    ['int8', 'shortened', 'filter', 'products'],
  );
  for (const row of missing.slice(2)) assert.match(row.missing ?? '', /compares the field with "cheap"/);
});

import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { CodeProducts, productAt, splitQueries } from '../../../src/gallery/memory/code-products.ts';
import { codeQuery, divisorOf, metricBounds } from '../../../src/gallery/memory/points.ts';
import { ScanBatch } from '../../../src/gallery/memory/scan-batch.ts';
import { scanWords, type WordScan } from '../../../src/gallery/memory/scan-words.ts';
import { Shortlist } from '../../../src/gallery/memory/shortlist.ts';
import { readCpuInfo } from '../../../src/runtime/index.ts';
import { normals } from '../ann/vectors.ts';
import { finish, storeOf } from './store.ts';

const largest = 32_639;

/** Without VNNI they may not be exact: then they are not used. */
async function openProducts(): Promise<CodeProducts | undefined> {
  const products = await CodeProducts.openAnyway();
  if (readCpuInfo().vnni === true) ok(products, 'the products are exact');
  return products;
}

test('products of codes with many queries are exact, of the largest codes too', async () => {
  const products = await openProducts();
  if (products === undefined) return;
  const [rows, stride, count] = [96, 208, 5];
  const next = normals(5);
  const coded = (bound: number): number => Math.max(-bound, Math.min(bound, Math.round(next() * bound)));
  const codes = Int8Array.from({ length: rows * stride }, () => coded(127));
  const queries = Array.from({ length: count }, () =>
    Int16Array.from({ length: stride }, () => coded(largest)),
  );
  const found = await products.multiply(codes, stride, splitQueries(queries, stride));
  const multiplied = (row: number, query: Int16Array): number =>
    query.reduce((sum, code, i) => sum + code * (codes[row * stride + i] as number), 0);
  for (let row = 0; row < rows; row++)
    deepEqual(
      queries.map((_, i) => productAt(found, count, row, i)),
      queries.map((query) => multiplied(row, query)),
    );
  await products.close();
});

test('a batch has the shortlists that its scans have by themselves, also of fewer rows', async () => {
  const products = await openProducts();
  if (products === undefined) return;
  const [dimension, count] = [40, 700];
  const next = normals(6);
  const vector = (): Float32Array => Float32Array.from({ length: dimension }, next);
  const { memory } = storeOf(dimension, Array.from({ length: count }, vector), { metric: 'cosine' });
  finish(memory.fill());
  const [chunk] = memory.chunks;
  ok(chunk);
  const all = memory.present.words;
  const scans = (): WordScan[] =>
    queries.map((query, i) => ({
      query,
      words: i === 1 ? all.slice(0, 9) : all.map((word) => (i === 2 ? word & 0x5555_5555 : word)),
      list: new Shortlist(7, metricBounds('cosine', dimension), 0),
    }));
  const queries = Array.from({ length: 4 }, () => {
    const point = vector();
    const codes = new Int16Array(memory.stride);
    return { codes, ...codeQuery(point, divisorOf(point, 'cosine'), codes.subarray(0, dimension)) };
  });
  const [alone, together] = [scans(), scans()];
  const batch = new ScanBatch(together, products);
  for (let from = 0; from < all.length; from += 4) {
    const range = [from, Math.min(all.length, from + 4)] as const;
    await batch.scan(chunk, range);
    for (const scan of alone) scanWords(chunk, range, scan);
  }
  const listed = ({ list }: WordScan): number[] => list.sorted().map(({ row }) => row);
  for (const [i, scan] of alone.entries()) deepEqual(listed(together[i] as WordScan), listed(scan));
  equal(
    listed(alone[1] as WordScan).every((row) => row < 9 * 32),
    true,
  );
  await products.close();
});

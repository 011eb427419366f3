import { deepEqual, equal, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { coarsen } from '../../../src/gallery/memory/coarse-queries.ts';
import { CodeProducts } from '../../../src/gallery/memory/code-products.ts';
import { codeQuery, divisorOf, metricBounds } from '../../../src/gallery/memory/points.ts';
import { ScanBatch } from '../../../src/gallery/memory/scan-batch.ts';
import { type CodedQuery, scanWords, type WordScan } from '../../../src/gallery/memory/scan-words.ts';
import { Shortlist } from '../../../src/gallery/memory/shortlist.ts';
import { readCpuInfo } from '../../../src/runtime/index.ts';
import { distanceFrom } from '../../../src/vectors/index.ts';
import { clustered, normals } from '../ann/vectors.ts';
import { finish, storeOf } from './store.ts';

const largest = 32_639;

/** Without VNNI they may not be exact: then they are not used. */
async function openProducts(t: TestContext): Promise<CodeProducts | undefined> {
  const products = await CodeProducts.openAnyway();
  if (readCpuInfo().vnni === true) ok(products, 'the products are exact');
  if (products === undefined) t.skip('this processor has no VNNI, and the products are not exact');
  return products;
}

test('products of codes with many queries are exact, of the largest codes too', async (t) => {
  const products = await openProducts(t);
  if (products === undefined) return;
  const [rows, stride, count] = [96, 208, 5];
  const next = normals(5);
  const coded = (): number => Math.max(-127, Math.min(127, Math.round(next() * 127)));
  const codes = Int8Array.from({ length: rows * stride }, coded);
  const queries = Int8Array.from({ length: stride * count }, coded);
  const found = await products.multiply(codes, stride, { count, codes: queries });
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let column = 0; column < stride; column++)
        sum += (codes[row * stride + column] as number) * (queries[column * count + i] as number);
      equal(found[row * count + i], sum);
    }
  await products.close();
});

const [dimension, count] = [40, 1400];
const codedQuery = (point: Float32Array): CodedQuery => {
  const codes = new Int16Array(48);
  return { codes, ...codeQuery(point, divisorOf(point, 'cosine'), codes.subarray(0, dimension)) };
};

test('coarse codes are 8 bits of the codes, and no point is further from the query than their error says', () => {
  const next = normals(8);
  for (let i = 0; i < 50; i++) {
    // Of very different sizes, and such whose codes are as large as they may be.
    const point = Float32Array.from({ length: dimension }, () => next() ** (1 + (i % 5)));
    const norm = divisorOf(point, 'cosine');
    const fine = codedQuery(point);
    const { codes, scales, squares, errors } = coarsen([fine], 48);
    ok(codes.every((code) => Math.abs(code) <= 127));
    const scale = scales[0] as number;
    let wrong = 0;
    let squared = 0;
    for (let column = 0; column < dimension; column++) {
      wrong += ((point[column] as number) / norm - scale * (codes[column] as number)) ** 2;
      squared += (scale * (codes[column] as number)) ** 2;
    }
    ok(Math.sqrt(wrong) <= (errors[0] as number), `${Math.sqrt(wrong)} above ${errors[0]}`);
    ok((errors[0] as number) < 0.05, 'it is no more than 8 bits leave');
    ok(Math.abs(squared - (squares[0] as number)) < 1e-12);
  }
  const extreme = { codes: Int16Array.of(largest, -largest, 127, -128, 128), scale: 1, squared: 0, error: 0 };
  deepEqual([...coarsen([extreme], 5).codes], [127, -127, 0, 0, 1]);
});

test('a batch keeps all that may be among the nearest, and nothing that its scans alone would not', async (t) => {
  const products = await openProducts(t);
  if (products === undefined) return;
  const next = normals(6);
  const n = 7;
  for (const vectors of [
    Array.from({ length: count }, () => Float32Array.from({ length: dimension }, next)),
    clustered(count, dimension, 9),
  ]) {
    const { memory } = storeOf(dimension, vectors, { metric: 'cosine' });
    finish(memory.fill());
    const [chunk] = memory.chunks;
    ok(chunk);
    const all = memory.present.words;
    const points = Array.from({ length: 5 }, (_, i) =>
      i === 4
        ? (vectors[77] as Float32Array)
        : (vectors[i] as Float32Array).map((value) => value + next() / 2),
    );
    const scans = (): WordScan[] =>
      points.map((point, i) => ({
        query: codedQuery(point),
        words: i === 1 ? all.slice(0, 9) : all.map((word) => (i === 2 ? word & 0x5555_5555 : word)),
        list: new Shortlist(n, metricBounds('cosine', dimension), 0),
      }));
    const [alone, together] = [scans(), scans()];
    const batch = new ScanBatch(together, products);
    for (let from = 0; from < all.length; from += 4) {
      const range = [from, Math.min(all.length, from + 4)] as const;
      await batch.scan(chunk, range);
      for (const scan of alone) scanWords(chunk, range, scan);
    }
    const listed = ({ list }: WordScan): number[] => list.sorted().map(({ row }) => row);
    for (const [i, scan] of alone.entries()) {
      const found = new Set(listed(together[i] as WordScan));
      const possible = new Set(listed(scan));
      ok([...found].every((row) => possible.has(row)));
      const distance = distanceFrom(points[i] as Float32Array, { metric: 'cosine' });
      const far = vectors.map((vector) => distance(vector, 0));
      const rows = Array.from(far.keys()).filter((row) => ((scan.words[row >>> 5] ?? 0) >>> (row & 31)) & 1);
      const last = rows.map((row) => far[row] as number).sort((a, b) => a - b)[n - 1] as number;
      for (const row of rows)
        if ((far[row] as number) <= last) ok(found.has(row), `row ${row} of query ${i}`);
    }
    ok(listed(together[1] as WordScan).every((row) => row < 9 * 32));
  }
  await products.close();
});

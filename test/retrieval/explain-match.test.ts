import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CropBox } from '../../src/image/index.ts';
import { type HeatMap, Retriever } from '../../src/retrieval/index.ts';
import { fixture } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

interface Golden {
  readonly subject: readonly [number, number, number, number];
  readonly heat: readonly (readonly number[])[];
}

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-explain-'));
const { pictures, cosine } = JSON.parse(readFileSync(fixture('cells', 'cells.json'), 'utf8')) as {
  readonly pictures: readonly [Golden, Golden];
  readonly cosine: number;
};
const read = (name: string): Buffer => readFileSync(fixture('cells', name));
const one = read('one.png');
const other = read('other.png');
let retriever: Retriever;

before(async () => {
  retriever = await Retriever.open(folder, { model: fixture('cells', 'model.onnx'), embed: { threads: 1 } });
  await retriever.createCollection('shop');
  await retriever.createCollection('bare', { storeImages: false });
  for (const name of ['shop', 'bare'])
    await retriever.add(name, [
      { id: 'one', image: one },
      { id: 'other', image: other },
    ]);
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

function near(map: HeatMap | null, expected: Golden['heat']): void {
  assert.ok(map);
  assert.deepEqual([map.rows.length, map.rows[0]?.length], [8, 8]);
  for (const [row, values] of expected.entries())
    for (const [column, value] of values.entries()) {
      const actual = map.rows[row]?.[column] ?? Number.NaN;
      assert.ok(Math.abs(actual - value) < 1e-5, `${row}, ${column}: ${actual}, not ${value}`);
    }
  assert.deepEqual([map.width, map.height, map.area.width], [64, 64, 64]);
}

const boxOf = ({ subject: [left, top, right, bottom] }: Golden): CropBox => ({
  unit: 'pixels',
  left: 8 * left,
  top: 8 * top,
  width: 8 * (right - left),
  height: 8 * (bottom - top),
});

test('a match of a picture, or of an item, is explained by what each cell adds to it, as NumPy computes it', async () => {
  for (const query of [{ image: one }, { itemId: 'one' }]) {
    const explained = await retriever.explain('shop', query, 'other');
    near(explained.query, pictures[0].heat);
    near(explained.match, pictures[1].heat);
    assert.ok(Math.abs(explained.score - cosine) < 1e-6);
    assert.equal('crop' in explained, false);
  }
});

test('the crop auto searches by the box around the subject, which the answer tells and which may be given instead', async () => {
  const box = boxOf(pictures[0]);
  const found = await retriever.search('shop', { image: one, crop: 'auto' });
  assert.deepEqual(found.crop, box);
  const given = await retriever.search('shop', { image: one, crop: box });
  assert.equal('crop' in given, false);
  assert.deepEqual(found.hits, given.hits);
  const whole = await retriever.search('shop', { image: one });
  assert.notDeepEqual(found.hits, whole.hits);
  const parts = [{ image: one, crop: 'auto' as const }, { itemId: 'one' }, { image: other }];
  const several = await retriever.search('shop', { parts, ownProduct: true });
  assert.deepEqual(several.crops, [box, null]);
  const same = [{ image: one, crop: box }, ...parts.slice(1)];
  assert.deepEqual(several.hits, (await retriever.search('shop', { parts: same, ownProduct: true })).hits);
  const explained = await retriever.explain('shop', { image: one, crop: 'auto' }, 'other');
  assert.deepEqual(explained.crop, box);
  assert.equal(explained.score, found.hits.find(({ item }) => item.id === 'other')?.score);
  const embedded = await retriever.embed(one, { collection: 'shop', crop: 'auto' });
  assert.deepEqual(embedded.crop, box);
  const compared = await retriever.compare(
    { image: one, crop: 'auto' },
    { image: other },
    { collection: 'shop' },
  );
  assert.deepEqual(compared.crops, [box, null]);
  assert.equal(compared.score, explained.score);
});

test('what cannot be explained says why', async () => {
  const explained = await retriever.explain('bare', { image: one }, 'other');
  assert.equal(explained.match, null);
  near(explained.query, pictures[0].heat);
  await assert.rejects(retriever.explain('bare', { itemId: 'one' }, 'other'), { code: 'image-not-stored' });
  await assert.rejects(retriever.explain('shop', { image: one }, 'none'), { code: 'item-not-found' });
  await assert.rejects(retriever.explain('none', { image: one }, 'other'), { code: 'collection-not-found' });
  const model = join(folder, 'softmax.onnx');
  await writeTinyModel(model, { classes: 3 });
  await retriever.createCollection('soft', { model });
  await retriever.add('soft', [{ id: 'other', image: other }]);
  await assert.rejects(retriever.explain('soft', { image: one }, 'other'), { code: 'no-feature-map' });
  assert.ok((await retriever.search('soft', { image: one, crop: 'auto' })).crop);
});

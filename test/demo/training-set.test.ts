import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Product, products } from '../../src/demo/catalogue.ts';
import { drawTrainingSet, trainingLooks } from '../../src/demo/training-set.ts';

test('no look to train on is one that the demo sells, and all differ', () => {
  const lookOf = ({ drawing, paint }: Pick<Product, 'drawing' | 'paint'>): string =>
    JSON.stringify([drawing.kind, paint.main, paint.finish]);
  const sold = new Set(products.map(lookOf));
  const drawn = new Set(trainingLooks.map(lookOf));
  assert.equal(drawn.size, trainingLooks.length);
  assert.deepEqual(
    [...drawn].filter((look) => sold.has(look)),
    [],
  );
});

test('eight pictures of a look to train on and one held out, the same every time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-drawn-'));
  const few = trainingLooks.filter((_, number) => number % 70 === 0);
  for (const part of ['a', 'b']) assert.equal(await drawTrainingSet(join(folder, part), few), few.length);
  const pictures = readdirSync(join(folder, 'a'), { recursive: true })
    .map(String)
    .filter((name) => /jpg$/.test(name));
  assert.equal(pictures.filter((name) => name.startsWith('train')).length, 8 * few.length);
  assert.equal(pictures.filter((name) => name.startsWith('held-out')).length, few.length);
  const bytes = pictures.map((name) =>
    ['a', 'b'].map((part) => readFileSync(join(folder, part, name), 'base64')),
  );
  for (const [first, second] of bytes) assert.equal(first, second);
  assert.equal(new Set(bytes.map(([first]) => first)).size, pictures.length);
  rmSync(folder, { recursive: true });
});

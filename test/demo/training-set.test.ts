// slow: draws pictures
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { products } from '../../src/demo/catalogue.ts';
import { drawTrainingSet, trainingLooks } from '../../src/demo/training-set.ts';

/** Hue, saturation and lightness. */
const numbersOf = (colour: string): number[] => (colour.match(/\d+/g) ?? []).map(Number);

test('no look to train on is one that the demo sells, and all differ', () => {
  assert.equal(new Set(trainingLooks.map(({ label }) => label)).size, trainingLooks.length);
  for (const { drawing, paint } of trainingLooks)
    for (const product of products) {
      if (product.drawing.kind !== drawing.kind || product.paint.finish !== paint.finish) continue;
      const [[hue = 0, , light = 0] = [], [other = 0, , dark = 0] = []] = [
        paint.main,
        product.paint.main,
      ].map(numbersOf);
      const turn = Math.abs(hue - other) % 360;
      assert.ok(
        Math.min(turn, 360 - turn) >= 20 || Math.abs(light - dark) >= 8,
        `${paint.main} ${product.id}`,
      );
    }
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

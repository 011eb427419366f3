import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropoutMask } from '../../src/train/dropout.ts';
import { recipeOf } from '../../src/train/overrides.ts';
import { recallAt1 } from '../../src/train/recall.ts';
import { recipes } from '../../src/train/recipe.ts';

test('every recipe passes its own check, and the paper’s numbers are those of its table', () => {
  for (const name of Object.keys(recipes)) assert.deepEqual(recipeOf(name), recipes[name]);
  const table = (name: string) => {
    const { epochs, learningRate, momentum, nesterov, featureNorm } = recipeOf(name);
    return [epochs, learningRate, momentum, nesterov, featureNorm];
  };
  assert.deepEqual(table('cub'), [30, 0.02, 0, false, false]);
  assert.deepEqual(table('cars'), [100, 0.05, 0, false, true]);
  assert.deepEqual(table('sop'), [100, 0.003, 0.99, true, true]);
  assert.deepEqual(table('in-shop'), [100, 0.003, 0.99, true, true]);
  for (const name of ['cub', 'cars', 'sop', 'in-shop']) {
    const { batch, dropout, smoothing, weightDecay, batchNorm, schedule, filter, size } = recipeOf(name);
    assert.deepEqual(
      [batch, dropout, smoothing, weightDecay, batchNorm, filter, size],
      [128, 0.5, 0.1, 5e-4, 'frozen', 'lanczos', 224],
    );
    assert.deepEqual(schedule, { kind: 'cosine', warmup: 100, floor: 0 });
  }
});

test('any value of a recipe can be replaced, deep ones too', () => {
  const recipe = recipeOf('cub', { epochs: 3 }, [
    'jitter.hue=0.1',
    'schedule={"kind":"constant"}',
    'clipNorm=5',
  ]);
  assert.equal(recipe.epochs, 3);
  assert.deepEqual(recipe.jitter, { brightness: 0.25, contrast: 0.25, saturation: 0.25, hue: 0.1 });
  assert.deepEqual([recipe.schedule, recipe.clipNorm], [{ kind: 'constant' }, 5]);
  assert.equal(recipes['cub']?.epochs, 30);
});

const refused: Readonly<Record<string, RegExp>> = {
  'epochs=0': /epochs must be a whole number from 1, not 0/,
  'momentum=1': /momentum must be a number from 0 to below 1/,
  'batchNorm=both': /batchNorm must be one of batch, frozen, not "both"/,
  'schedule.kind=linear': /schedule.kind must be/,
  'crop.area=[0,2]': /area/,
  'jitter.hue=0.9': /hue/,
  'testSize=8': /testSize must be a whole number of pixels/,
  'progressive=[[112,20]]': /progressive must be a list such as/,
  'progressive=[{"size":16,"epochs":20}]': /progressive must be a list such as/,
  'progressive=[{"size":112,"epochs":30}]': /leaves none of 30 at full size/,
  'imagesPerLabel=3': /no multiple of imagesPerLabel/,
  'no equals sign': /key=value/,
  'epochz=3': /no "epochz"/,
};
for (const [setting, says] of Object.entries(refused))
  test(`refused: ${setting}`, () => assert.throws(() => recipeOf('cub', {}, [setting]), says));

test('dropout drops its share, keeps the mean, and repeats itself', () => {
  const mask = dropoutMask(100_000, 0.25, 1, 7);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.01);
  assert.ok(mask.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
  assert.deepEqual(dropoutMask(100_000, 0.25, 1, 7), mask);
  assert.notDeepEqual(dropoutMask(100_000, 0.25, 1, 8), mask);
});

const sample = (id: string, label: string) => ({ id, path: id, label, productId: label });

test('Recall@1 by hand: cosine and L2 differ, lone queries do not count, a query is not its own answer', () => {
  const queries = [sample('q1', 'a'), sample('q2', 'b'), sample('q3', 'nowhere')];
  const gallery = [sample('g1', 'a'), sample('g2', 'b')];
  // q1 points as g1 does but lies nearer to g2; q2 is g2.
  const query = Float32Array.of(0.1, 0.1, 0.2, 0, 9, 9);
  const found = Float32Array.of(5, 5, 0.3, 0);
  const sides = { queries, query, gallery, found, self: false };
  assert.equal(recallAt1(sides, 'cosine'), 1);
  assert.equal(recallAt1(sides, 'l2'), 0.5);
  const own = { queries, query, gallery: queries, found: query, self: true };
  assert.equal(recallAt1(own, 'l2'), 0);
});

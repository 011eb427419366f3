import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeOf } from '../../../src/train/recipe/parse-recipe.ts';
import { recipes } from '../../../src/train/recipe/recipes.ts';

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
  'epochs=0': /^epochs must be a whole number of at least 1, not 0\.$/,
  'epochs=2.5': /^epochs must be a whole number of at least 1, not 2\.5\.$/,
  'momentum=1': /^momentum must be a number of at least 0 and below 1, not 1\.$/,
  'clipNorm=0': /^clipNorm must be a number above 0, or null, not 0\.$/,
  'batchNorm=both': /^batchNorm must be one of batch, frozen, not "both"\.$/,
  'lastStride=3': /^lastStride must be one of 1, 2, not 3\.$/,
  'flip="yes"': /^flip must be true or false, not "yes"\.$/,
  'schedule=5': /^schedule must be an object, not 5\.$/,
  'schedule.kind=linear': /^schedule\.kind must be one of constant, step, cosine, not "linear"\.$/,
  'schedule.kind=step':
    /^schedule\.every must be a number above 0 and of at most 1, not undefined\. schedule\.gamma must be a number above 0, not undefined\.$/,
  'schedule.warm=3': /^A recipe has no "schedule\.warm"\. Did you mean schedule\.warmup\?$/,
  'crop.area=[0,2]': /^crop\.area must be \[least, most\] with 0 < least <= most <= 1, not \[0,2\]\.$/,
  'crop.areas=[0,1]': /^A recipe has no "crop\.areas"\. Did you mean crop\.area\?$/,
  'jitter.hue=0.9': /^jitter\.hue must be a number from 0 to 0\.5, not 0\.9\.$/,
  'jitter={"hue":"x","__proto__":1}': /^jitter\.hue must be/,
  'testSize=8': /^testSize must be a whole number from 32 to 1024, not 8\.$/,
  'progressive=5': /^progressive must be a list such as \[/,
  'progressive=[[112,20]]': /^progressive\.0 must be an object, not \[112,20\]\.$/,
  'progressive=[{"size":16,"epochs":20}]':
    /^progressive\.0\.size must be a whole number from 32 to 1024, not 16\.$/,
  'progressive=[{"size":112,"epochs":30}]': /^progressive must leave some of 30 epochs at full size/,
  'nesterov=true': /^momentum must be above 0 for nesterov, not 0\.$/,
  'imagesPerLabel=3': /^batch must be a multiple of imagesPerLabel, 3, not 128\.$/,
  'no equals sign': /^A setting must be written key=value/,
  'epochz=3': /^A recipe has no "epochz"\. Did you mean epochs\?$/,
  'colour=1': /^A recipe has no "colour"\. It has epochs, patience, batch,/,
  'toString=1': /^A recipe has no "toString"\./,
};
for (const [setting, says] of Object.entries(refused))
  test(`refused: ${setting}`, () =>
    assert.throws(() => recipeOf('cub', {}, [setting]), { name: 'RangeError', message: says }));

test('a misspelt recipe names the nearest', () => {
  assert.throws(
    () => recipeOf('fine-tune'),
    /^RangeError: There is no recipe "fine-tune"\. Did you mean finetune\?$/,
  );
  assert.throws(() => recipeOf('toString'), /There are cub, cars/);
});

test('what a kind does not have is left out when the kind is chosen', () => {
  assert.deepEqual(recipeOf('cub', {}, ['schedule.kind=constant']).schedule, { kind: 'constant' });
  assert.deepEqual(recipeOf('cars', {}, ['resize.mode=short-side', 'resize.size=256']).resize, {
    mode: 'short-side',
    size: 256,
    filter: 'lanczos',
  });
});

test('a random crop larger than the resized pictures is refused', () => {
  assert.throws(() => recipeOf('sop', { size: 288 }, ['resize.width=256', 'resize.height=256']), {
    message: /^crop must fit the resized pictures: .*256 x 256/,
  });
});

test('with another size, resizes and the size of validation follow in proportion unless they are given', () => {
  const { size, resize, testResize, testSize } = recipeOf('finetune', { size: 224 });
  assert.deepEqual([size, testSize], [224, 288]);
  assert.deepEqual(resize, { mode: 'short-side', size: 312, filter: 'bicubic' });
  assert.deepEqual(testResize, resize);
  const bySetting = recipeOf('sop', {}, ['size=448', 'testResize.filter=bicubic']);
  assert.deepEqual(bySetting.testResize, { mode: 'squash', width: 512, height: 512, filter: 'bicubic' });
  assert.equal(bySetting.testSize, 448);
  const given = recipeOf('finetune', { size: 224, testSize: 200 }, [
    'testResize.size=210',
    'resize.size=220',
  ]);
  assert.deepEqual(
    [given.testSize, given.testResize, given.resize].map((value) => Object(value).size ?? value),
    [200, 210, 220],
  );
  assert.deepEqual(recipeOf('finetune', { size: 160 }), recipeOf('finetune'));
  for (const name of Object.keys(recipes))
    for (const side of [32, 50, 1000, 1024]) assert.equal(recipeOf(name, { size: side }).size, side);
});

test('all that is wrong is told at once', () => {
  assert.throws(() => recipeOf('finetune', { epochs: 0, dropout: 2 }, ['nonsense', 'batches=3']), {
    name: 'RangeError',
    message:
      /^A setting must be written key=value.*"nonsense"\. epochs must be.*dropout must be.*no "batches"\. Did you mean batch\?$/,
  });
  assert.throws(
    () => recipeOf('finetune', { epochs: 0, dropout: 2 }, ['nonsense', 'batches=3']),
    ({ cause }: { cause: string[] }) => cause.length === 4,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completedRecipe } from '../../../src/train/data/completed-recipe.ts';
import { recipeOf } from '../../../src/train/index.ts';

/** Pictures of labels, so many of each. */
const samplesOf = (counts: readonly number[]) => ({
  samples: counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, at) => ({ id: `${label}/${at}`, path: `${label}/${at}.jpg`, label })),
  ),
});

const chosen = (batch: number, counts: readonly number[]): number | null =>
  completedRecipe(recipeOf('finetune', { loss: 'snca', batch }), samplesOf(counts)).imagesPerLabel;

test('a loss that compares pictures gets 4 of each label, or what labels and batch allow', () => {
  assert.equal(chosen(32, Array(20).fill(9)), 4);
  assert.equal(chosen(32, Array(20).fill(2)), 2, 'labels of two pictures');
  assert.equal(chosen(32, Array(20).fill(1)), 2, 'labels of one picture, which comes twice');
  assert.equal(chosen(32, [40, 40, 40]), 16, 'fewer labels than 8');
  assert.equal(chosen(30, Array(20).fill(9)), 3, 'a batch that 4 does not divide');
});

test('a batch that cannot be made of pairs is refused', () => {
  assert.throws(() => chosen(31, Array(40).fill(4)), /^RangeError: batch must be a multiple of .* not 31\./);
});

test('a given number is kept, and the record has every option of the losses', () => {
  const own = recipeOf('finetune', { loss: 'snca', imagesPerLabel: 8 }, ['lossOptions.snca.sigma=0.1']);
  const { imagesPerLabel, lossOptions } = completedRecipe(own, samplesOf([9, 9, 9, 9]));
  assert.deepEqual([imagesPerLabel, lossOptions], [8, { snca: { sigma: 0.1 } }]);
  const sum = completedRecipe(
    recipeOf('finetune', { loss: 'cross-entropy + 0.1 center' }),
    samplesOf([9, 9]),
  );
  assert.deepEqual([sum.imagesPerLabel, sum.lossOptions], [16, { center: { centers: 'batch' } }]);
  const plain = recipeOf('finetune');
  assert.deepEqual(completedRecipe(plain, samplesOf([9, 9])), plain);
});

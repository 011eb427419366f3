import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobRecipe, settingsOf } from '../../src/bakeoff/job-recipe.ts';
import { losses } from '../../src/nn/index.ts';
import { drawnPlan } from './support/drawn-plan.ts';

const sums = ['cross-entropy + 0.1 center', 'cross-entropy + 0.5 contrastive'];

test('every value of every loss makes a recipe that differs from that of the others in the loss and the sampler alone', async () => {
  const plan = await drawnPlan({ losses: [...Object.keys(losses), ...sums] });
  const { recipe, imagesPerLabel } = plan.protocol;
  for (const grid of plan.losses)
    for (const value of grid.values.length > 0 ? grid.values : [null]) {
      const made = jobRecipe(plan.protocol, grid, value);
      const { smoothing, temperature, classWeights, distillation, dropout } = recipe;
      assert.deepEqual(
        {
          ...made,
          ...{ smoothing, temperature, classWeights, distillation, dropout },
          ...{ loss: recipe.loss, lossOptions: {}, imagesPerLabel: null },
        },
        recipe,
      );
      assert.equal(made.loss, grid.loss);
      assert.equal(made.imagesPerLabel, grid.comparesPictures ? imagesPerLabel : null, grid.loss);
      for (const setting of settingsOf(grid, value)) {
        const [path = '', text] = setting.split('=');
        const found = path.split('.').reduce<unknown>((inner, key) => Object(inner)[key] as unknown, made);
        assert.equal(String(found), text, setting);
      }
    }
});

import type { Recipe } from '../train/index.ts';
import { unusedSettings } from '../train/recipe/loss-fields.ts';
import { checkRecipe } from '../train/recipe/recipe-schema.ts';
import type { Grid, Protocol } from './formats.ts';

/** A value of a setting such as `smoothing` or `lossOptions.triplet.margin`, as a part of a recipe. */
function partOf(setting: string, value: number): object {
  return setting
    .split('.')
    .reverse()
    .reduce<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

/** The values that a job sets, key=value. */
export const settingsOf = ({ setting }: Grid, value: number | null): string[] =>
  setting === null || value === null ? [] : [`${setting}=${value}`];

/**
 * Makes the recipe of a job: that of the bake-off with the loss, its value, and the sampler that it needs. Values that the
 * loss has no use for, such as smoothing, have their defaults.
 * @throws RangeError if a value does not fit the loss.
 */
export function jobRecipe({ recipe, imagesPerLabel }: Protocol, grid: Grid, value: number | null): Recipe {
  const { loss, comparesPictures, setting } = grid;
  const unused = new Set<string>(unusedSettings(loss));
  const used = Object.entries(recipe).filter(([key]) => !unused.has(key));
  return checkRecipe({
    ...Object.fromEntries(used),
    ...(setting === null || value === null ? {} : partOf(setting, value)),
    loss,
    imagesPerLabel: comparesPictures ? imagesPerLabel : null,
  });
}

import type { Recipe } from '../train/index.ts';
import { unusedSettings } from '../train/recipe/loss-fields.ts';
import { checkRecipe } from '../train/recipe/recipe-schema.ts';
import type { Grid, Protocol, SettingValue } from './formats.ts';

/** A copy of a recipe with the value of a setting, such as `smoothing` or `lossOptions.triplet.margin`. */
function withSetting(target: object, [key = '', ...rest]: readonly string[], value: SettingValue): object {
  const inner: unknown = Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined;
  return { ...target, [key]: rest.length === 0 ? value : withSetting(Object(inner) as object, rest, value) };
}

/** The settings of a job: those that are fixed, and the one that is chosen. */
function settings({ setting, fixed }: Grid, value: SettingValue | null): Grid['fixed'] {
  return [...fixed, ...(setting === null || value === null ? [] : [{ setting, value }])];
}

/** The settings of a job, key=value. */
export const settingsOf = (grid: Grid, value: SettingValue | null): string[] =>
  settings(grid, value).map((one) => `${one.setting}=${one.value}`);

/**
 * Makes the recipe of a job: that of the bake-off with the loss, its value, and the sampler that it needs. Values that the
 * loss has no use for, such as smoothing, have their defaults.
 * @throws RangeError if a value does not fit the loss.
 */
export function jobRecipe(
  { recipe, imagesPerLabel }: Protocol,
  grid: Grid,
  value: SettingValue | null,
): Recipe {
  const unused = new Set<string>(unusedSettings(grid.loss));
  const used = Object.fromEntries(Object.entries(recipe).filter(([key]) => !unused.has(key)));
  const changed = settings(grid, value).reduce<object>(
    (target, one) => withSetting(target, one.setting.split('.'), one.value),
    used,
  );
  return checkRecipe({
    ...changed,
    loss: grid.loss,
    imagesPerLabel: grid.comparesPictures ? imagesPerLabel : null,
  });
}

import { nearest } from './nearest.ts';
import { checkRecipe, type Recipe } from './recipe-schema.ts';
import { recipes } from './recipes.ts';

/** Parses the text of a setting: JSON where it is JSON (`0.1`, `null`, `["a"]`), else the text itself (`cosine`). */
export function parseSettingValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Returns a copy with the value at a dotted path replaced; missing parts of the path are made. */
function withValue(target: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const own = typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {};
  return { ...own, [key]: rest.length === 0 ? value : withValue(own[key], rest, value) };
}

function withSetting(recipe: unknown, setting: string): unknown {
  const at = setting.indexOf('=');
  if (at < 1)
    throw new RangeError(
      `A setting must be written key=value, such as dropout=0.1, not ${JSON.stringify(setting)}.`,
    );
  return withValue(recipe, setting.slice(0, at).split('.'), parseSettingValue(setting.slice(at + 1)));
}

function recipeNamed(name: string): Recipe {
  const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (recipe !== undefined) return recipe;
  const known = Object.keys(recipes);
  const near = nearest(name, known);
  const advice = near === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${near}?`;
  throw new RangeError(`There is no recipe ${JSON.stringify(name)}. ${advice}`);
}

/**
 * Makes a recipe of a named one, with some values replaced.
 * @param overrides values by key; undefined ones are left out
 * @param settings texts `key=value`; the key is a path such as `jitter.hue`, the value JSON or plain text
 * @throws RangeError for an unknown recipe or key, or a value out of range.
 * @example
 * ```ts
 * import { recipeOf } from 'snapshelf/train';
 *
 * const recipe = recipeOf('scratch', { epochs: 20 }, ['jitter.hue=0.1', 'schedule.kind=constant']);
 * ```
 */
export function recipeOf(
  name: string,
  overrides: Partial<Recipe> = {},
  settings: readonly string[] = [],
): Recipe {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  let recipe: unknown = { ...recipeNamed(name), ...Object.fromEntries(given) };
  for (const setting of settings) recipe = withSetting(recipe, setting);
  return checkRecipe(recipe);
}

import { comparesPictures, hasNoUse, unusedSettings } from './loss-fields.ts';
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

/** The key of a setting as a path, and its value; undefined if it is not written key=value. */
function parseSetting(setting: string): { readonly path: string[]; readonly value: unknown } | undefined {
  const at = setting.indexOf('=');
  if (at < 1) return undefined;
  return { path: setting.slice(0, at).split('.'), value: parseSettingValue(setting.slice(at + 1)) };
}

const notASetting = (setting: string): string =>
  `A setting must be written key=value, such as dropout=0.1, not ${JSON.stringify(setting)}.`;

function recipeNamed(name: string): Recipe {
  const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (recipe !== undefined) return recipe;
  const known = Object.keys(recipes);
  const near = nearest(name, known);
  const advice = near === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${near}?`;
  throw new RangeError(`There is no recipe ${JSON.stringify(name)}. ${advice}`);
}

const tested = ['resize', 'testResize', 'testSize'] as const;

/** Side of pictures in multiples of so many pixels, when it follows another. */
const step = 8;

/** A value of sides with each side multiplied. */
function scaled(value: unknown, factor: number, most: number): unknown {
  if (typeof value === 'number')
    return Math.min(most, Math.max(step, step * Math.round((factor * value) / step)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scaled(inner, factor, most)]));
}

/**
 * A recipe whose pictures are of another size: the resize before crops, and that of validation and the exported model,
 * keep their proportions to it.
 */
function resized(recipe: Recipe, size: unknown): Recipe {
  // Another value is refused later.
  if (typeof size !== 'number' || !(size > 0) || size === recipe.size) return recipe;
  const factor = size / recipe.size;
  const sides = tested.map((key) => [key, scaled(recipe[key], factor, key === 'testSize' ? 1024 : 4096)]);
  return { ...recipe, ...Object.fromEntries(sides) };
}

/** Complaints about settings that were given for a loss that has no use for them, or gets no pairs by them. */
function idleSettings(recipe: Recipe, given: readonly string[]): string[] {
  const { loss, sampler, imagesPerLabel } = recipe;
  const idle = unusedSettings(loss).filter((key) => given.includes(key));
  const isShuffled = given.includes('sampler') && sampler === 'shuffled' && imagesPerLabel === null;
  return [
    ...idle.map((key) => `${key} ${hasNoUse(loss)}.`),
    ...(isShuffled && comparesPictures(recipe)
      ? [
          `sampler must be left out, not shuffled: the loss ${loss} needs several pictures of a label in each batch. imagesPerLabel says how many.`,
        ]
      : []),
  ];
}

/**
 * Makes a recipe of a named one, with some values replaced. With another `size`, `resize`, `testResize` and `testSize`
 * follow it in proportion (in multiples of 8 pixels) unless they are given.
 * @param overrides values by key; undefined ones are left out
 * @param settings texts `key=value`; the key is a path such as `jitter.hue`, the value JSON or plain text
 * @throws RangeError for an unknown recipe, or with all unknown keys and values out of range; its `cause` is then the
 * list of sentences.
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
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const parsed = settings.map(parseSetting);
  const size = parsed.findLast((setting) => setting?.path.join('.') === 'size')?.value ?? overrides.size;
  let recipe: unknown = { ...resized(recipeNamed(name), size), ...given };
  for (const setting of parsed)
    if (setting !== undefined) recipe = withValue(recipe, setting.path, setting.value);
  const problems = settings.flatMap((setting, at) =>
    parsed[at] === undefined ? [notASetting(setting)] : [],
  );
  try {
    const checked = checkRecipe(recipe);
    const keys = [...Object.keys(given), ...parsed.map((setting) => setting?.path[0] ?? '')];
    problems.push(...idleSettings(checked, keys));
    if (problems.length === 0) return checked;
  } catch (error) {
    problems.push(...((error as Error).cause as string[]));
  }
  throw new RangeError(problems.join(' '), { cause: problems });
}

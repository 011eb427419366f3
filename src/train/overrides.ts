import { checkRecipe } from './check-recipe.ts';
import { type Recipe, recipes } from './recipe.ts';

/** A JSON value where one was written, else the text itself: `0.1`, `null`, `["a"]`, `cosine`. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A copy with the value at a dotted path replaced; parts that are missing on the way are made. */
function withValue(target: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const own = typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {};
  return { ...own, [key]: rest.length === 0 ? value : withValue(own[key], rest, value) };
}

/**
 * A recipe by its name with some of its values replaced: `settings` is a list of `key=value`, the key a path such as
 * `jitter.hue`, the value JSON or plain text.
 * @throws RangeError for an unknown recipe or key, or a value out of range.
 */
export function recipeOf(
  name: string,
  overrides: Partial<Recipe> = {},
  settings: readonly string[] = [],
): Recipe {
  const base = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (base === undefined)
    throw new RangeError(
      `unknown recipe ${JSON.stringify(name)}; known are ${Object.keys(recipes).join(', ')}`,
    );
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  let recipe: unknown = { ...base, ...Object.fromEntries(given) };
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1) throw new RangeError(`a setting is written key=value, not ${JSON.stringify(setting)}`);
    recipe = withValue(recipe, setting.slice(0, at).split('.'), parseValue(setting.slice(at + 1)));
  }
  checkRecipe(recipe as Recipe);
  return recipe as Recipe;
}

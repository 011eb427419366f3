import { InvalidArgumentError, Option } from 'commander';
import { type Recipe, type RecipeOption, recipeOptions } from '../train/index.ts';
import { stages } from './options.ts';

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A value in an object, because commander makes an empty text of `null`. */
interface Given {
  readonly value: unknown;
}

/** Makes the parser of an option; commander prints why a value is refused. */
const parser =
  ({ key, parse }: RecipeOption) =>
  (text: string): Given => {
    try {
      return { value: parse(key === 'progressive' ? JSON.stringify(stages(text)) : text) };
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };

function optionOf(value: RecipeOption): Option {
  const { key, description, range, unit = 'value', option = kebab(key) } = value;
  const isStages = key === 'progressive';
  const form = isStages ? 'such as 112:20,144:10 for 20 epochs at 112 pixels, then 10 at 144' : range;
  return new Option(`--${option} <${isStages ? 'stages' : unit}>`, `${description} (${form})`)
    .argParser(parser(value))
    .helpGroup('Values of the recipe (snapshelf recipes NAME prints them):');
}

/** Makes the options that set values of the recipe, from its schema. */
export const optionsOfRecipe = (): Option[] => recipeOptions().map(optionOf);

/** Picks the values of the recipe among the options that were given. */
export function overridesOf(given: object): Partial<Recipe> {
  const options = new Map<string, Given>(Object.entries(given));
  const values = recipeOptions().flatMap((value) => {
    const chosen = options.get(optionOf(value).attributeName());
    return chosen === undefined ? [] : [[value.key, chosen.value] as const];
  });
  return Object.fromEntries(values);
}

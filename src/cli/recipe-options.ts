import { InvalidArgumentError, Option } from 'commander';
import {
  checkRecipeValue,
  parseSettingValue,
  type Recipe,
  type RecipeField,
  recipeFields,
} from '../train/index.ts';
import { stages } from './options.ts';

/** An option of `snapshelf train` that sets one value of the recipe. */
export interface RecipeOption {
  readonly key: keyof Recipe;
  readonly option: Option;
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Parses the text of an option and checks it as the recipe does; commander prints why it is refused. */
const parser =
  (key: keyof Recipe) =>
  (text: string): unknown => {
    const value = key === 'progressive' ? stages(text) : parseSettingValue(text);
    try {
      checkRecipeValue(key, value);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
    return value;
  };

function optionOf({
  key,
  description,
  range,
  unit = 'value',
  option = kebab(key),
}: RecipeField): RecipeOption {
  const isStages = key === 'progressive';
  const form = isStages ? 'such as 112:20,144:10 for 20 epochs at 112 pixels, then 10 at 144' : range;
  const name = key as keyof Recipe;
  const result = new Option(`--${option} <${isStages ? 'stages' : unit}>`, `${description} (${form})`);
  return {
    key: name,
    option: result
      .argParser(parser(name))
      .helpGroup('Values of the recipe (snapshelf recipes NAME prints them):'),
  };
}

/** The options that set values of the recipe, made from its schema. */
export const recipeOptions = (): RecipeOption[] => recipeFields().map(optionOf);

/** The values of the recipe among the options that were given. */
export function overridesOf(given: Readonly<Record<string, unknown>>): Partial<Recipe> {
  const values = recipeOptions().flatMap(({ key, option }) => {
    const value = given[option.attributeName()];
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(values);
}

import { Command, InvalidArgumentError } from 'commander';
import { describeRecipe, type RecipeValue, recipeDescriptions, recipeOf } from '../train/index.ts';
import { aligned } from './table.ts';

interface Options {
  readonly json?: boolean;
}

const shownValue = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');

function rowOf(field: RecipeValue): readonly [string, string, string] {
  const { key, value, unit, description, range } = field;
  const text = shownValue(value);
  const whole = unit === undefined || value === null ? text : `${text} ${unit}`;
  return [key, whole, `${description} (${range}; default ${shownValue(field.default)})`];
}

function list(isJson: boolean | undefined): string {
  const all = Object.entries(recipeDescriptions);
  if (isJson)
    return JSON.stringify(
      all.map(([name, description]) => ({ name, description })),
      null,
      2,
    );
  return aligned(all);
}

function describe(name: string, isJson: boolean | undefined): string {
  const values = describeRecipe(recipeOf(name));
  const description = recipeDescriptions[name] ?? '';
  if (isJson) return JSON.stringify({ name, description, values }, null, 2);
  return `${name}: ${description}\n\n${aligned(values.map(rowOf))}`;
}

/** Checks the name of a recipe; commander prints why it is refused, as a mistake of the command line. */
function known(name: string): string {
  try {
    recipeOf(name);
    return name;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function run(name: string | undefined, { json }: Options): void {
  console.log(name === undefined ? list(json) : describe(name, json));
}

/** `snapshelf recipes`: the recipes to train by, and their values. */
export const recipesCommand = (): Command =>
  new Command('recipes')
    .description(
      'List the recipes of snapshelf train, or every value of one with its meaning, unit, range and default.',
    )
    .argument('[name]', 'recipe whose values are printed', known)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf recipes
  $ snapshelf recipes finetune
  $ snapshelf train photos/ --arch resnet18 --out run --dropout 0.2 --set jitter.hue=0.1`,
    )
    .action(run);

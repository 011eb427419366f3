export { recipeOf } from './recipe/parse-recipe.ts';
export {
  describeRecipe,
  type RecipeField,
  type RecipeOption,
  type RecipeValue,
  recipeOptions,
} from './recipe/recipe-fields.ts';
export type { Recipe, RecipeInput } from './recipe/recipe-schema.ts';
export { recipeDescriptions, recipes } from './recipe/recipes.ts';
export type { RunConfig } from './run/run-config.ts';
export { RunFolder } from './run/run-folder.ts';
export { type RunWeights, readRun, type Which } from './run/run-weights.ts';
export { train } from './train.ts';
export type {
  RunOptions,
  RunStart,
  StepProgress,
  TrainOptions,
  TrainResult,
  ValidationResult,
} from './train-options.ts';

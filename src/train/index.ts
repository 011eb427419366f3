export { readTrainingData, type TrainingData, type Validation } from './data.ts';
export type { ValidationResult } from './evaluator.ts';
export { recipeOf } from './overrides.ts';
export { type Recipe, recipes } from './recipe.ts';
export { type RunConfig, RunFolder } from './run-folder.ts';
export type { RunOptions, TrainOptions, TrainResult } from './run-options.ts';
export { type RunWeights, readRun, type Which } from './run-weights.ts';
export { train } from './train.ts';
export type { StepProgress } from './trainer.ts';

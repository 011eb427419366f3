import type { Preprocessing } from '../../image/index.ts';
import type { NetworkOptions } from '../../nn/index.ts';
import type { StepOptions } from '../step/step-graph.ts';
import { parseLoss } from './loss-expression.ts';
import type { Recipe } from './recipe-schema.ts';

/** The options of the network of a recipe. */
export function networkOptionsOf({
  pooling,
  lastStride,
  featureNorm,
  freezeBlocks,
  width,
}: Recipe): NetworkOptions {
  return { pooling, featureNorm, freezeBlocks, width, ...(lastStride === 1 && { lastStride }) };
}

/** The preprocessing of pictures in validation and by the exported model. */
export const testPreprocessing = ({ testResize, testSize }: Recipe): Preprocessing => ({
  resize: testResize,
  crop: { width: testSize, height: testSize },
});

/**
 * The options of the training step of a recipe.
 * @param teacherDimension numbers of an embedding of the teacher; undefined if there is none
 * @param weights the weight of each class in the loss; undefined: all alike
 */
export function stepOptionsOf(
  architecture: string,
  recipe: Recipe,
  classes: number,
  teacherDimension?: number,
  weights?: readonly number[],
): StepOptions {
  const { similarity, teacherScale: scale } = recipe;
  return {
    ...recipe,
    architecture,
    network: networkOptionsOf(recipe),
    loss: parseLoss(recipe.loss),
    lossSettings: { ...recipe, weights },
    optimizer: recipe,
    ...(teacherDimension !== undefined && { teacher: { dimension: teacherDimension, similarity, scale } }),
    classes,
  };
}

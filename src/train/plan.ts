import type { Preprocessing } from '../image/index.ts';
import type { NetworkOptions } from '../nn/index.ts';
import type { Recipe } from './recipe.ts';
import type { StepOptions } from './step.ts';

/** The options of the network that a recipe asks for. */
export function networkOptionsOf({ pooling, lastStride, featureNorm, width }: Recipe): NetworkOptions {
  return { pooling, featureNorm, width, ...(lastStride === 1 && { lastStride }) };
}

/** How pictures are seen in validation and by the exported model. */
export const testPreprocessing = ({ testResize, testSize }: Recipe): Preprocessing => ({
  resize: testResize,
  crop: { width: testSize, height: testSize },
});

/** The training step of a recipe. */
export function stepOptionsOf(
  architecture: string,
  recipe: Recipe,
  classes: number,
  teacherDimension?: number,
): StepOptions {
  const { momentum, nesterov, weightDecay, clipNorm, averageDecay, smoothing, temperature, distillation } =
    recipe;
  const {
    similarity,
    teacherScale,
    loss,
    batchNorm,
    classifierMultiplier,
    backboneMultiplier,
    dropout,
    batch,
    size,
  } = recipe;
  return {
    architecture,
    network: networkOptionsOf(recipe),
    loss,
    lossSettings: { smoothing, temperature, distillation },
    batchNorm,
    optimizer: { momentum, nesterov, weightDecay, clipNorm: clipNorm ?? undefined },
    averageDecay: averageDecay ?? undefined,
    classifierMultiplier,
    backboneMultiplier,
    dropout,
    ...(teacherDimension !== undefined && {
      teacher: { dimension: teacherDimension, similarity, scale: teacherScale },
    }),
    classes,
    batch,
    size,
  };
}

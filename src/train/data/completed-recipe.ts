import { lossOf, lossOptionsOf } from '../../nn/index.ts';
import { parseLoss } from '../recipe/loss-expression.ts';
import { comparesPictures } from '../recipe/loss-fields.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';
import type { TrainingData } from './training-data.ts';

/** Pictures of a label that a loss has beside each other, where labels and batch allow it. */
const usual = 4;

/** The number of pictures of each label, in ascending order. */
export function picturesPerLabel({ samples }: Pick<TrainingData, 'samples'>): number[] {
  const counts = new Map<number, number>();
  for (const { label } of samples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => a - b);
}

/**
 * Chooses the pictures of each label in a batch: 4, or as many as the label in the middle has if that is fewer, but 2 at
 * least; of the divisors of the batch that leave two labels or more, and no more than there are, the nearest.
 */
function choosePairs({ batch, loss }: Recipe, counts: readonly number[]): number {
  const aim = Math.max(2, Math.min(usual, counts[Math.floor(counts.length / 2)] ?? usual));
  const fitting = Array.from({ length: batch }, (_, at) => at + 1).filter(
    (S) => S >= 2 && batch % S === 0 && batch / S >= 2 && batch / S <= counts.length,
  );
  const [nearest] = fitting.sort((a, b) => Math.abs(a - aim) - Math.abs(b - aim));
  if (nearest !== undefined) return nearest;
  throw new RangeError(
    `batch must be a multiple of some number of pictures of each of 2 to ${counts.length} labels for the loss ${loss}, not ${batch}. Take a multiple of 4.`,
  );
}

/**
 * Fills in what a recipe leaves to the pictures and to the table of losses, so that the record of a run says all of it:
 * the pictures of each label in a batch of a loss that compares them, and the options of the losses.
 * @throws RangeError if the batch cannot be made of as many pictures of each label.
 */
export function completedRecipe(recipe: Recipe, data: Pick<TrainingData, 'samples'>): Recipe {
  const { loss, imagesPerLabel, lossOptions } = recipe;
  const terms = parseLoss(loss);
  const options = terms.flatMap(({ name }) => {
    const definition = lossOf(name);
    const values = Object.entries(lossOptionsOf(definition, lossOptions[name])).filter(
      ([key]) => terms.length === 1 || !definition.options[key]?.isOfOneAlone,
    );
    return values.length === 0 ? [] : [[name, Object.fromEntries(values)] as const];
  });
  const isChosen = imagesPerLabel === null && comparesPictures(recipe);
  return {
    ...recipe,
    lossOptions: Object.fromEntries(options),
    imagesPerLabel: isChosen ? choosePairs(recipe, picturesPerLabel(data)) : imagesPerLabel,
  };
}

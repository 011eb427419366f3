import type { Loader } from '../../datasets/index.ts';
import { GraphBuilder } from '../../graph/index.ts';
import { architectureOf, buildNetwork, imageInput, lossOf, lossOptionsOf } from '../../nn/index.ts';
import { encodeModel } from '../../onnx/index.ts';
import { Session } from '../../runtime/index.ts';
import { parseLoss } from '../recipe/loss-expression.ts';
import { networkOptionsOf } from '../recipe/recipe-options.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';
import type { RunContext } from '../run-context.ts';
import type { State } from '../step/step-session.ts';

/** Features of so many margins are far longer than it. */
const far = 3;

/** The margin of the contrastive loss, if it takes the features as they are. */
function rawMargin({ loss, lossOptions }: Recipe): number | undefined {
  const name = 'contrastive';
  if (!parseLoss(loss).some((term) => term.name === name)) return undefined;
  const { margin, normalize } = lossOptionsOf(lossOf(name), lossOptions[name]);
  return normalize === true ? undefined : Number(margin);
}

/** The mean length of the features of a batch of the first epoch, as a training step computes them. */
async function meanLength(context: RunContext, loader: Loader, size: number, state: State): Promise<number> {
  const { architecture, recipe } = context.config;
  const { provider, threads } = context.options;
  const g = new GraphBuilder(architecture, { batchNorm: recipe.batchNorm });
  const image = imageInput(g, size, size, architectureOf(architecture).input, recipe.batch);
  const { feature, dimension } = buildNetwork(g, architecture, image, networkOptionsOf(recipe));
  g.output(feature, 'embedding');
  await using session = await Session.open(encodeModel(g.build(state)), { provider, threads });
  for await (const { images } of loader.epoch(0)) {
    const dims = [recipe.batch, size, size, 3];
    const { embedding } = await session.run({ image: { type: 'uint8', dims, data: images } });
    const numbers = embedding?.data as Float32Array;
    const lengths = Array.from({ length: recipe.batch }, (_, at) =>
      Math.hypot(...numbers.subarray(at * dimension, (at + 1) * dimension)),
    );
    return lengths.reduce((sum, length) => sum + length, 0) / recipe.batch;
  }
  return 0;
}

/**
 * Looks whether features are far longer than the margin of the contrastive loss, which then pushes nothing away. Their
 * length is measured on one batch, for that loss alone.
 * @param size the side of the loader's crops
 * @returns sentences for people
 */
export async function marginAdvice(
  context: RunContext,
  loader: Loader,
  size: number,
  state: State,
): Promise<string[]> {
  const margin = rawMargin(context.config.recipe);
  if (margin === undefined) return [];
  const length = await meanLength(context, loader, size, state);
  if (length <= far * margin) return [];
  return [
    `The features are ${length.toPrecision(2)} long, far more than the margin of contrastive, ${margin}: pictures are pulled together and hardly any is pushed away. Set lossOptions.contrastive.normalize to true, or lossOptions.contrastive.margin to about ${length.toPrecision(2)}.`,
  ];
}

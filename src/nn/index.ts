import { describe, fixedDim, type GraphBuilder, type Value } from '../graph/index.ts';
import { efficientnetLite0 } from './efficientnet-lite.ts';
import { head } from './head.ts';
import { type Architecture, checkOptions, type NetworkOptions } from './network.ts';
import { resnets } from './resnet.ts';

export { linearClassifier } from './classifier.ts';
export { imageInput } from './image-input.ts';
export { initialNumbers } from './init.ts';
export {
  type GivenLossOptions,
  type LossInput,
  type LossOption,
  type LossSetting,
  type LossSettings,
  type LossTerm,
  losses,
  lossOf,
  lossOptionsOf,
  similarityLoss,
  sumOfLosses,
} from './losses/index.ts';
export type { Architecture, NetworkOptions } from './network.ts';

const table: Readonly<Record<string, Architecture>> = { ...resnets, 'efficientnet-lite0': efficientnetLite0 };

/** The names of all networks. */
export const architectures: readonly string[] = Object.keys(table);

/**
 * Returns a network by its name.
 *
 * @throws RangeError for an unknown name; the message lists the known ones
 */
export function architectureOf(name: string): Architecture {
  const architecture = Object.hasOwn(table, name) ? table[name] : undefined;
  if (architecture !== undefined) return architecture;
  throw new RangeError(
    `The architecture ${JSON.stringify(name)} is unknown. Known are ${architectures.join(', ')}.`,
  );
}

/** The result of `buildNetwork`. */
export interface Network {
  /** The feature, `float32[N,D]`. */
  readonly feature: Value;
  /** D. */
  readonly dimension: number;
}

/**
 * Adds a network to a graph, from `image` to its feature.
 *
 * @param image - `float32[N,3,H,W]`, normalised by the numbers of `Architecture.input`
 * @throws RangeError for an unknown architecture, an option that it does not take, or another image
 */
export function buildNetwork(
  g: GraphBuilder,
  name: string,
  image: Value,
  options: NetworkOptions = {},
): Network {
  const { body } = architectureOf(name);
  checkOptions(options);
  if (image.dataType !== 'float32' || image.shape.length !== 4 || image.shape[1] !== 3)
    throw new RangeError(`image must be float32[N,3,H,W], not ${describe(image)}.`);
  const feature = head(g, body(g, image, options), options);
  return { feature, dimension: fixedDim(feature, 1) };
}

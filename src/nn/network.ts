import { checkNumber, checkOneOf, checkWhole } from '../arguments.ts';
import type { GraphBuilder, Value } from '../graph/index.ts';

/** Options that change a network's shape; weights must have been trained with the same. */
export interface NetworkOptions {
  /** ResNets only: stride of the last stage, 2 (default) as in torchvision; 1 keeps a map twice as fine. */
  readonly lastStride?: 1 | 2 | undefined;
  /** The pooling of the feature map into a feature: its mean (default) or its generalised mean with a learned power. */
  readonly pooling?: 'average' | 'gem' | undefined;
  /** A BatchNorm without scale and bias on the feature (parameter names `feature_norm.*`). Default false. */
  readonly featureNorm?: boolean | undefined;
  /** The number of blocks, with the stem before them, that training keeps as they are. Default 0: none, nor the stem. */
  readonly freezeBlocks?: number | undefined;
  /** Multiplies every count of channels; below 1 for tests. Default 1. */
  readonly width?: number | undefined;
}

/**
 * Checks the options of a network.
 *
 * @throws RangeError for an option that networks do not have, or a width that is not above 0
 * @throws TypeError for another value that is not allowed
 */
export function checkOptions(options: NetworkOptions): void {
  const {
    lastStride = 2,
    pooling = 'average',
    featureNorm = false,
    freezeBlocks = 0,
    width = 1,
    ...others
  } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new RangeError(
      `Networks have no option ${unknown}, only lastStride, pooling, featureNorm, freezeBlocks and width.`,
    );
  checkOneOf('lastStride', lastStride, [1, 2]);
  checkOneOf('pooling', pooling, ['average', 'gem']);
  checkOneOf('featureNorm', featureNorm, [true, false]);
  checkWhole('freezeBlocks', freezeBlocks, { from: 0 });
  checkNumber('width', width, { above: 0 });
}

/** A part of a network between its input and its feature map. */
type Block = (x: Value) => Value;

/**
 * Adds the stem and the blocks of a network, one after the other; the first ones kept as they are, if the options say so.
 *
 * @throws RangeError if more blocks are to be kept than there are
 */
export function chain(
  g: GraphBuilder,
  image: Value,
  { stem, blocks }: { readonly stem: Block; readonly blocks: readonly Block[] },
  { freezeBlocks = 0 }: NetworkOptions,
): Value {
  checkWhole('freezeBlocks', freezeBlocks, { from: 0, to: blocks.length });
  const parts = [stem, ...blocks];
  const kept = freezeBlocks === 0 ? 0 : freezeBlocks + 1;
  const through = (x: Value, some: readonly Block[]): Value => some.reduce((y, part) => part(y), x);
  return through(
    g.keep(() => through(image, parts.slice(0, kept))),
    parts.slice(kept),
  );
}

/** The pictures that a network was trained on: normalisation, size and resizing. */
export interface NetworkInput {
  /** The mean per channel (red, green, blue), of values from 0 to 1. */
  readonly mean: readonly [number, number, number];
  /** The standard deviation per channel, of values from 0 to 1. */
  readonly std: readonly [number, number, number];
  /** The side of the square that the network was made for, in pixels. */
  readonly size: number;
  /** The short side before the centre crop, in pixels. */
  readonly resize: number;
  readonly filter: 'bilinear' | 'bicubic' | 'lanczos';
}

/** A network that builds a graph; nothing outside `nn/` depends on which one it is. */
export interface Architecture {
  readonly input: NetworkInput;
  /** The parameters of usual weights files that the feature does not need: the classifier, counters. */
  readonly ignoredWeights: readonly RegExp[];
  /** The scales of the normalisations after which a shortcut is added: they start at zero when trained from scratch. */
  readonly residualScales: RegExp;
  /** Adds the network to a graph: from `float32[N,3,H,W]`, normalised, to the feature map `float32[N,C,h,w]`. */
  readonly body: (g: GraphBuilder, image: Value, options: NetworkOptions) => Value;
}

/** The mean and standard deviation of ImageNet's pictures, from torchvision. */
export const imagenetStatistics: Pick<NetworkInput, 'mean' | 'std'> = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

import {
  add,
  batchNormalization,
  batchNormalizationOfBatch,
  type ConvOptions,
  conv,
  div,
  fixedDim,
  type GraphBuilder,
  mul,
  type Normalization,
  numberLike,
  reshape,
  sqrt,
  sub,
  type Value,
} from '../graph/index.ts';

/** Options of a convolution layer without a bias: BatchNorm follows it. */
export interface Conv2dOptions extends ConvOptions {
  readonly filters: number;
  readonly kernel: number;
}

/** Adds a convolution with the parameter `<name>.weight[filters,C/group,k,k]`. */
function conv2d(g: GraphBuilder, x: Value, name: string, options: Conv2dOptions): Value {
  return conv(g, x, convWeight(g, x, name, options), options);
}

function convWeight(g: GraphBuilder, x: Value, name: string, options: Conv2dOptions): Value {
  const { filters, kernel, group = 1 } = options;
  return g.parameter(`${name}.weight`, [filters, fixedDim(x, 1) / group, kernel, kernel]);
}

/** Options of a batch normalisation. */
export interface BatchNormOptions {
  /** The number added to the variance. Default 1e-5, PyTorch's. */
  readonly epsilon?: number;
  /** The share of the batch in the running statistics after a training step, 0 to 1. Default 0.1, PyTorch's. */
  readonly momentum?: number;
  /** True if a scale and a bias are learned. Default true. */
  readonly affine?: boolean;
  /** True if the batch's statistics are used even if the network's other normalisations are frozen. Default false. */
  readonly neverFrozen?: boolean;
}

function normalization(g: GraphBuilder, channels: number, name: string, affine: boolean): Normalization {
  const shape = [channels];
  const learned = (suffix: string, constant: number): Value =>
    affine
      ? g.parameter(`${name}.${suffix}`, shape)
      : g.constant(`${name}.${suffix}`, 'float32', shape, new Float32Array(channels).fill(constant));
  return {
    scale: learned('weight', 1),
    bias: learned('bias', 0),
    mean: g.buffer(`${name}.running_mean`, shape),
    variance: g.buffer(`${name}.running_var`, shape),
  };
}

/** Adds a running statistic after a step: `(1 - momentum) running + momentum batch`. */
function moved(g: GraphBuilder, running: Value, batch: Value, momentum: number): Value {
  return add(
    g,
    mul(g, running, numberLike(g, running, 1 - momentum)),
    mul(g, batch, numberLike(g, batch, momentum)),
  );
}

/** Normalises by the batch's statistics; the running variance follows the unbiased one (over n - 1), as in PyTorch. */
function normalizeByBatch(
  g: GraphBuilder,
  x: Value,
  stored: Normalization,
  { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions,
): Value {
  const { y, mean, variance } = batchNormalizationOfBatch(g, x, stored, epsilon);
  const count = x.shape.reduce((product: number, _, axis) => product * fixedDim(x, axis), 1) / fixedDim(x, 1);
  if (count < 2) throw new RangeError('A batch with one number per channel has no variance.');
  const unbiased = mul(g, variance, numberLike(g, variance, count / (count - 1)));
  g.update(stored.mean, moved(g, stored.mean, mean, momentum));
  g.update(stored.variance, moved(g, stored.variance, unbiased, momentum));
  return y;
}

/**
 * Adds PyTorch's BatchNorm1d or 2d: parameters `<name>.weight`, `.bias`, `.running_mean`, `.running_var`, each `[C]`.
 *
 * @throws RangeError if the batch has one number per channel
 */
export function batchNorm(g: GraphBuilder, x: Value, name: string, options: BatchNormOptions = {}): Value {
  const { epsilon = 1e-5, affine = true, neverFrozen = false } = options;
  const stored = normalization(g, fixedDim(x, 1), name, affine);
  const byBatch = g.training?.batchNorm === 'batch' || (g.training !== undefined && neverFrozen);
  return byBatch ? normalizeByBatch(g, x, stored, options) : batchNormalization(g, x, stored, epsilon);
}

/** Options of a convolution and the normalisation after it. */
export interface ConvNormOptions extends Conv2dOptions {
  readonly norm?: Pick<BatchNormOptions, 'epsilon' | 'momentum'>;
}

/**
 * Adds a convolution and the BatchNorm after it. Training on stored statistics scales the weight instead of the map,
 * which is the same function at a fraction of the cost.
 */
export function convNorm(
  g: GraphBuilder,
  x: Value,
  convName: string,
  normName: string,
  options: ConvNormOptions,
): Value {
  if (g.training?.batchNorm !== 'frozen')
    return batchNorm(g, conv2d(g, x, convName, options), normName, options.norm);
  const weight = convWeight(g, x, convName, options);
  const { scale, bias, mean, variance } = normalization(g, options.filters, normName, true);
  const deviation = sqrt(g, add(g, variance, numberLike(g, variance, options.norm?.epsilon ?? 1e-5)));
  const factor = div(g, scale, deviation);
  const scaled = mul(g, weight, reshape(g, factor, [options.filters, 1, 1, 1]));
  return conv(g, x, scaled, options, sub(g, bias, mul(g, mean, factor)));
}

/** Returns the same padding for all sides, as PyTorch's `padding=`. */
export const padAll = (pixels: number): [number, number, number, number] => [pixels, pixels, pixels, pixels];

import {
  batchNormalization,
  type ConvOptions,
  conv,
  fixedDim,
  type GraphBuilder,
  type Value,
} from '../graph/index.ts';

/** Settings of a convolution layer without a bias: BatchNorm follows it. */
export interface Conv2dOptions extends ConvOptions {
  readonly filters: number;
  readonly kernel: number;
}

/** A convolution with the parameter `<name>.weight[filters, C/group, k, k]`. */
export function conv2d(g: GraphBuilder, x: Value, name: string, options: Conv2dOptions): Value {
  const { filters, kernel, group = 1 } = options;
  const weight = g.parameter(`${name}.weight`, [filters, fixedDim(x, 1) / group, kernel, kernel]);
  return conv(g, x, weight, options);
}

/** Settings of a batch normalisation. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5, PyTorch's. */
  readonly epsilon?: number;
  /** Whether it has a scale and a bias to learn. Default true. */
  readonly affine?: boolean;
}

/** PyTorch's BatchNorm1d or 2d: parameters `<name>.weight`, `.bias`, `.running_mean`, `.running_var`, each `[C]`. */
export function batchNorm(g: GraphBuilder, x: Value, name: string, options: BatchNormOptions = {}): Value {
  const { epsilon = 1e-5, affine = true } = options;
  const shape = [fixedDim(x, 1)];
  const learned = (suffix: string, constant: number): Value =>
    affine
      ? g.parameter(`${name}.${suffix}`, shape)
      : g.constant(`${name}.${suffix}`, 'float32', shape, new Float32Array(shape[0] ?? 0).fill(constant));
  const normalization = {
    scale: learned('weight', 1),
    bias: learned('bias', 0),
    mean: g.parameter(`${name}.running_mean`, shape),
    variance: g.parameter(`${name}.running_var`, shape),
  };
  return batchNormalization(g, x, normalization, epsilon);
}

/** The same padding on all sides, as PyTorch's `padding=`. */
export const padAll = (pixels: number): [number, number, number, number] => [pixels, pixels, pixels, pixels];

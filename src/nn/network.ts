import type { GraphBuilder, Value } from '../graph/index.ts';

/** Options that change a network's shape; weights must have been trained with the same. */
export interface NetworkOptions {
  /** ResNets only: stride of the last stage, 2 (default) as in torchvision; 1 keeps a map twice as fine. */
  readonly lastStride?: 1 | 2 | undefined;
  /** How the feature map becomes a feature: its mean (default) or its generalised mean with a learned power. */
  readonly pooling?: 'average' | 'gem' | undefined;
  /** A BatchNorm without scale and bias on the feature (parameter names `feature_norm.*`). Default false. */
  readonly featureNorm?: boolean | undefined;
  /** Multiplies every count of channels; below 1 for tests. Default 1. */
  readonly width?: number | undefined;
}

const choices: Readonly<Record<keyof NetworkOptions, (value: unknown) => boolean>> = {
  lastStride: (value) => value === 1 || value === 2,
  pooling: (value) => value === 'average' || value === 'gem',
  featureNorm: (value) => typeof value === 'boolean',
  width: (value) => Number.isFinite(value) && Number(value) > 0,
};

/** Throws a `RangeError` for an option that networks do not have, or a value that it does not take. */
export function checkOptions(options: NetworkOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(choices, name))
      throw new RangeError(`networks have no option ${name}, only ${Object.keys(choices).join(', ')}`);
    if (value !== undefined && !choices[name as keyof NetworkOptions](value))
      throw new RangeError(`the network option ${name} cannot be ${String(value)}`);
  }
}

/** How a network wants its pictures. */
export interface NetworkInput {
  /** Per channel (red, green, blue), of values in 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Side of the square it was made for, in pixels. */
  readonly size: number;
  /** Short side before the centre crop, in pixels. */
  readonly resize: number;
  readonly filter: 'bilinear' | 'bicubic' | 'lanczos';
}

/** A network as a file that builds a graph; nothing outside `nn/` knows which one it is. */
export interface Architecture {
  readonly input: NetworkInput;
  /** Parameters of usual weights files that the feature does not need: the classifier, counters. */
  readonly ignoredWeights: readonly RegExp[];
  /** The scales of the normalisations behind which a shortcut is added: zero at first when trained from scratch. */
  readonly residualScales: RegExp;
  /** Adds the network to a graph: from `float32[N,3,H,W]`, normalised, to the feature map `float32[N,C,h,w]`. */
  readonly body: (g: GraphBuilder, image: Value, options: NetworkOptions) => Value;
}

/** Mean and deviation of ImageNet's pictures, as torchvision states them. */
export const imagenetStatistics: Pick<NetworkInput, 'mean' | 'std'> = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

import type { GraphBuilder, Value } from '../../graph/index.ts';

/** The inputs of a loss. */
export interface LossInput {
  /** `float32[N,D]`. */
  readonly embedding: Value;
  /** Class numbers from 0: `int64[N]`. */
  readonly labels: Value;
  /** The number of classes. */
  readonly classes: number;
  /** The logits of a better network for the same pictures: `float32[N,classes]`. Default: there is none. */
  readonly teacher?: Value | undefined;
}

/** Settings of the losses; each reads its own. */
export interface LossSettings {
  /** The share of the target that goes to the other classes, from 0 to below 1. Default 0. */
  readonly smoothing?: number | undefined;
  /** The divisor of the logits, above 0. Default 1. */
  readonly temperature?: number | undefined;
  /** The weight of each class, at least 0: the loss is a weighted mean. Default: all 1. */
  readonly weights?: readonly number[] | undefined;
  /** The teacher's share of the target, from 0 to 1; the labels have the rest. Default 1. Without a teacher it does not matter. */
  readonly distillation?: number | undefined;
}

/**
 * A loss adds nodes to a graph and returns one number, the mean over the batch, `float32[]`. The parameters that it
 * makes (`classifier.*`) are learned with the network's and are not part of the exported model.
 */
export type Loss = (g: GraphBuilder, input: LossInput, settings: LossSettings) => Value;

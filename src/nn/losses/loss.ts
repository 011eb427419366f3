import type { GraphBuilder, Value } from '../../graph/index.ts';

/** What a loss is computed from. */
export interface LossInput {
  /** `float32[N,D]`. */
  readonly embedding: Value;
  /** Class numbers from 0: `int64[N]`. */
  readonly labels: Value;
  /** How many classes there are. */
  readonly classes: number;
  /** The logits of a network that knows more, for the same pictures: `float32[N,classes]`. Default: there is none. */
  readonly teacher?: Value | undefined;
}

/** Settings of the losses; each reads its own. */
export interface LossSettings {
  /** How much of the target goes to the other classes. 0 (default) to below 1. */
  readonly smoothing?: number | undefined;
  /** What the logits are divided by. Above 0; default 1. */
  readonly temperature?: number | undefined;
  /** Where there is a teacher: its share of the target, the labels have the rest. 0 to 1; default 1. */
  readonly distillation?: number | undefined;
}

/**
 * A loss adds nodes to a graph and returns one number, the mean over the batch, `float32[]`. The parameters that it
 * makes (`classifier.*`) are learned with the network's and are no part of the exported model.
 */
export type Loss = (g: GraphBuilder, input: LossInput, settings: LossSettings) => Value;

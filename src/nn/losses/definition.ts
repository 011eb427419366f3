import type { Bounds } from '../../arguments.ts';
import type { GraphBuilder, Value } from '../../graph/index.ts';

/** The documentation of an option of a loss. */
interface OptionInfo {
  /** A noun phrase in lower case, without a full stop. */
  readonly description: string;
  /** The place that the default is from. */
  readonly source: string;
  /** True if it does not count where losses are added. Default false. */
  readonly isOfOneAlone?: boolean;
}

/** An option that is a number; `whole` of them has no fractions. */
export interface NumberOption extends OptionInfo, Bounds {
  readonly kind: 'number' | 'whole';
  readonly unit?: string;
  /** Texts that may be given instead, for numbers that are computed. */
  readonly words?: readonly string[];
  readonly default: number;
}

/** An option that is one of some names. */
export interface ChoiceOption extends OptionInfo {
  readonly kind: 'choice';
  readonly values: readonly string[];
  readonly default: string;
}

/** An option that is true or false. */
export interface FlagOption extends OptionInfo {
  readonly kind: 'flag';
  readonly default: boolean;
}

/** An option of a loss, as plain data: the checks of recipes, their JSON Schema and the help are made from it. */
export type LossOption = NumberOption | ChoiceOption | FlagOption;

/** The options of a loss by name. */
export type LossOptions = Readonly<Record<string, LossOption>>;

/** The value of any option. */
export type OptionValue = number | string | boolean;

type ValueOf<O extends LossOption> = O extends ChoiceOption
  ? O['values'][number]
  : O extends FlagOption
    ? boolean
    : O extends { readonly words: readonly (infer W)[] }
      ? number | W
      : number;

/** A value for each option. */
export type OptionValues<O extends LossOptions> = { readonly [K in keyof O]: ValueOf<O[K]> };

/** Settings of a recipe that not every loss has a use for. */
export type LossSetting = 'smoothing' | 'temperature' | 'classWeights' | 'distillation' | 'dropout';

/** Values of those settings. */
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

/** The inputs of a loss. */
export interface LossInput {
  /** The feature, which the gallery compares: `float32[N,D]`. */
  readonly embedding: Value;
  /** The feature after dropout, which linear classifiers read. Default: `embedding`. */
  readonly dropped?: Value | undefined;
  /** Class numbers from 0: `int64[N]`. */
  readonly labels: Value;
  /** The number of classes. */
  readonly classes: number;
  /** The logits of a better network for the same pictures: `float32[N,classes]`. Default: there is none. */
  readonly teacher?: Value | undefined;
  /** Default: those of each setting. */
  readonly settings?: LossSettings | undefined;
  /** True for one of several losses that are added. Default false. */
  readonly isTerm?: boolean | undefined;
}

/**
 * A loss. The parameters that it makes (a classifier, proxies, centres) are learned with the network's, by
 * `classifierMultiplier`, and are not part of the exported model.
 */
export interface LossDefinition<O extends LossOptions = LossOptions> {
  /** A noun phrase in lower case, without a full stop. */
  readonly description: string;
  /** The paper and equation. */
  readonly source: string;
  /** True if it compares the pictures of a batch with each other: each label needs at least two pictures there. */
  readonly comparesPictures: boolean;
  /** The settings of recipes that it has a use for. */
  readonly uses: readonly LossSetting[];
  readonly options: O;
  /** True for values of the options with which it looks at each picture alone after all. Default: for none. */
  isPairless?(options: OptionValues<O>): boolean;
  /** The largest batch for values of the options, where memory grows faster than pairs do. Default: any. */
  largestBatch?(options: OptionValues<O>): number;
  /** Adds nodes to a graph and returns the loss of the batch, `float32[]`. */
  build(g: GraphBuilder, input: LossInput, options: OptionValues<O>): Value;
}

/** Checks the types of a definition, and forgets them: a table holds losses of all options. */
export const defineLoss = <const O extends LossOptions>(definition: LossDefinition<O>): LossDefinition =>
  definition;

import {
  add,
  averagePool,
  GraphBuilder,
  gradients,
  mul,
  numberLike,
  type TrainingMode,
  type Value,
} from '../../graph/index.ts';
import {
  architectureOf,
  buildNetwork,
  type GivenLossOptions,
  imageInput,
  type LossInput,
  type LossSettings,
  type LossTerm,
  lossOf,
  type NetworkOptions,
  similarityLoss,
  sumOfLosses,
} from '../../nn/index.ts';
import type { ModelProto } from '../../onnx/index.ts';
import { exponentialAverages, type SgdOptions, sgd } from '../../optim/index.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';

/** The options of a training step: values of the recipe, the network, and the device where it is to run. */
export interface StepOptions
  extends Pick<Recipe, 'batchNorm' | 'classifierMultiplier' | 'backboneMultiplier' | 'dropout'>,
    Pick<Recipe, 'batch' | 'size'> {
  readonly architecture: string;
  readonly network?: NetworkOptions | undefined;
  readonly loss: readonly LossTerm[];
  /** Default: the defaults of each loss. */
  readonly lossOptions?: GivenLossOptions | undefined;
  readonly lossSettings: LossSettings;
  /** The provider that the step is to be fast on. Default `cpu`. */
  readonly provider?: TrainingMode['provider'];
  /** The result of `channelBlock()` on that machine. Default: not used. */
  readonly channelBlock?: TrainingMode['channelBlock'];
  readonly optimizer: SgdOptions;
  /** The share of itself that the moving average of the weights keeps per step; null, the default: there is none. */
  readonly averageDecay?: number | null | undefined;
  /** The teacher that each step is fed from. Default: there is none. */
  readonly teacher?: StepTeacher | undefined;
  readonly classes: number;
  /** True makes `gradient.<name>` of every learned parameter an output too, for tests. Default false. */
  readonly showGradients?: boolean | undefined;
}

/** Settings of learning from a teacher, besides its logits. */
export interface StepTeacher {
  /** Numbers of its embedding. */
  readonly dimension: number;
  /** Weight of `similarityLoss`, which is added to the loss. 0: the teacher's embeddings are not fed. */
  readonly similarity: number;
  /** Factor by which the pictures that are fed are larger than `size`, for the teacher: a whole number. */
  readonly scale: number;
}

/** A training step as a graph, and the state that it takes and returns. */
export interface Step {
  /**
   * Inputs: `image: uint8[N,S,S,3]` (with a teacher, S is its scale times the size), `label: int64[N]`,
   * `learning_rate: float32[]`, with dropout `dropout: float32[N,D]` (its mask), with a teacher `teacher: float32[N,C]`
   * (its logits) and `teacher_embedding: float32[N,E]`, and every tensor of the state by its name. Outputs:
   * `loss: float32[]` and `next.<name>` for every tensor of the state.
   */
  readonly model: ModelProto;
  /** The inputs besides the state. */
  readonly feeds: readonly Value[];
  /** Names and shapes of the state: parameters, running statistics, momenta, averages. All float32. */
  readonly state: ReadonlyMap<string, readonly number[]>;
  /** The names among the state that the optimiser changes. */
  readonly learned: readonly string[];
  /** The names among the state that belong to the network, and are exported. */
  readonly network: readonly string[];
  /** Numbers of an embedding. */
  readonly dimension: number;
}

/** The prefix of the outputs that are the state after the step. */
export const nextPrefix = 'next.';
/** The prefix of the outputs that are gradients. */
export const gradientPrefix = 'gradient.';

/** The feature that linear classifiers read: with dropout, if the loss has one. */
function dropped(g: GraphBuilder, feature: Value, { dropout, batch, loss }: StepOptions): Value {
  if (dropout === 0 || !loss.some(({ name }) => lossOf(name).uses.includes('dropout'))) return feature;
  return mul(g, feature, g.input('dropout', 'float32', [batch, Number(feature.shape[1])]));
}

/** Adds the loss between the similarities of the teacher's embeddings and of the network's. */
function withSimilarity(
  g: GraphBuilder,
  loss: Value,
  feature: Value,
  { teacher, batch }: StepOptions,
): Value {
  if (teacher === undefined || teacher.similarity === 0) return loss;
  const theirs = g.input('teacher_embedding', 'float32', [batch, teacher.dimension]);
  const weight = numberLike(g, loss, teacher.similarity);
  return add(g, loss, mul(g, similarityLoss(g, feature, theirs), weight));
}

/** True if a loss learns from the logits of a teacher. */
const isTaught = ({ teacher, loss }: StepOptions): boolean =>
  teacher !== undefined && loss.some(({ name }) => lossOf(name).uses.includes('distillation'));

interface Forward {
  readonly loss: Value;
  readonly network: readonly string[];
  readonly dimension: number;
}

function forward(g: GraphBuilder, options: StepOptions): Forward {
  const { architecture, batch, size, classes } = options;
  const { scale = 1 } = options.teacher ?? {};
  const given = imageInput(g, scale * size, scale * size, architectureOf(architecture).input, batch);
  const square = [scale, scale] as const;
  const image = scale === 1 ? given : averagePool(g, given, { kernel: square, strides: square });
  const labels = g.input('label', 'int64', [batch]);
  const { feature, dimension } = buildNetwork(g, architecture, image, options.network);
  const network = [...g.parameters.keys()];
  const input: LossInput = {
    embedding: feature,
    dropped: dropped(g, feature, options),
    labels,
    classes,
    teacher: isTaught(options) ? g.input('teacher', 'float32', [batch, classes]) : undefined,
    settings: options.lossSettings,
  };
  const loss = sumOfLosses(g, options.loss, input, options.lossOptions);
  return { loss: withSimilarity(g, loss, feature, options), network, dimension };
}

/** Parameters without an update are passed through. */
function outputs(g: GraphBuilder, loss: Value): void {
  g.output(loss, 'loss');
  for (const name of g.parameters.keys()) g.output(g.updates.get(name) ?? g.value(name), nextPrefix + name);
}

/**
 * Builds a training step (forward, backward, optimiser) as one ONNX graph.
 * @throws RangeError for an unknown architecture or loss, and for settings out of range.
 */
export function buildStep(options: StepOptions): Step {
  const { batchNorm, provider, channelBlock, backboneMultiplier, classifierMultiplier } = options;
  const g = new GraphBuilder('training_step', { batchNorm, provider, channelBlock });
  const learningRate = g.input('learning_rate', 'float32', []);
  const { loss, network, dimension } = forward(g, options);
  const own = new Set(network);
  const multiplierOf = (name: string): number => (own.has(name) ? backboneMultiplier : classifierMultiplier);
  const learned = [...g.parameters.keys()].filter((name) => !g.buffers.has(name) && multiplierOf(name) > 0);
  const parameters = learned.map((name) => g.value(name));
  const found = gradients(g, loss, parameters).map((gradient, at) => {
    const parameter = parameters[at] ?? gradient;
    return { parameter, gradient, multiplier: multiplierOf(parameter.name) };
  });
  sgd(g, found, learningRate, options.optimizer);
  if (typeof options.averageDecay === 'number')
    exponentialAverages(g, [...new Set([...network, ...learned])], options.averageDecay);
  outputs(g, loss);
  if (options.showGradients)
    for (const { parameter, gradient } of found) g.output(gradient, gradientPrefix + parameter.name);
  return { model: g.build(), feeds: g.inputs, state: g.parameters, learned, network, dimension };
}

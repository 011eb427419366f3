import {
  add,
  div,
  exp,
  type GraphBuilder,
  logSoftmax,
  mul,
  neg,
  numberLike,
  oneHot,
  reduceMean,
  reduceSum,
  type Value,
} from '../../graph/index.ts';
import { linearClassifier } from '../classifier.ts';
import { defineLoss, type LossInput } from './definition.ts';

const divide = (g: GraphBuilder, logits: Value, temperature: number): Value =>
  temperature === 1 ? logits : mul(g, logits, numberLike(g, logits, 1 / temperature));

/** Adds the targets of the labels: 1 - smoothing for the true class, smoothing / (classes - 1) for each other class. */
function targets(g: GraphBuilder, { labels, classes }: LossInput, smoothing: number): Value {
  const hot = oneHot(g, labels, classes);
  if (smoothing === 0) return hot;
  const others = smoothing / (classes - 1);
  return add(g, mul(g, hot, numberLike(g, hot, 1 - smoothing - others)), numberLike(g, hot, others));
}

/**
 * Mixes the targets of the labels with those of a teacher, the softmax of its logits. Cross-entropy with the teacher's
 * part is the KL divergence from it plus a number that does not depend on the network (Hinton et al. 2015,
 * https://arxiv.org/abs/1503.02531, at temperature 1).
 */
function mixTargets(g: GraphBuilder, hard: Value, { teacher }: LossInput, share: number): Value {
  if (teacher === undefined || share === 0) return hard;
  const soft = exp(g, logSoftmax(g, teacher));
  return add(g, mul(g, hard, numberLike(g, hard, 1 - share)), mul(g, soft, numberLike(g, soft, share)));
}

/** The mean over the batch of `terms: float32[N]`, negated. */
const meanLoss = (g: GraphBuilder, terms: Value): Value => neg(g, reduceMean(g, terms, [0], false));

/**
 * Adds the weighted mean of PyTorch's `CrossEntropyLoss(weight=...)`: each class's part of the sum is multiplied by its
 * weight, and the sum divided by the weights of the labels.
 */
function weightedMean(
  g: GraphBuilder,
  { labels, classes }: LossInput,
  { target, scores }: { readonly target: Value; readonly scores: Value },
  weights: readonly number[],
): Value {
  const row = g.constant('class_weights', 'float32', [1, classes], Float32Array.from(weights));
  const own = mul(g, oneHot(g, labels, classes), row);
  const total = reduceSum(g, own, [0, 1], false);
  const sum = reduceSum(g, mul(g, mul(g, target, row), scores), [0, 1], false);
  return neg(g, div(g, sum, total));
}

function build(g: GraphBuilder, input: LossInput): Value {
  const { smoothing = 0, temperature = 1, distillation = 1, weights } = input.settings ?? {};
  const logits = linearClassifier(g, input.dropped ?? input.embedding, input.classes);
  const scores = logSoftmax(g, divide(g, logits, temperature));
  const target = mixTargets(g, targets(g, input, smoothing), input, distillation);
  if (weights !== undefined) return weightedMean(g, input, { target, scores }, weights);
  return meanLoss(g, reduceSum(g, mul(g, target, scores), [1], false));
}

/**
 * Cross-entropy of a linear classifier with label smoothing (the seed paper's with its code's smoothing), or with a
 * teacher's targets for the same pictures; with weights of the classes, PyTorch's weighted mean.
 */
export const crossEntropy = defineLoss({
  description: 'cross-entropy of a linear classifier: its settings are smoothing, temperature and the like',
  source: 'Boudiaf et al. 2020, section 5.3, https://arxiv.org/abs/2003.08983',
  comparesPictures: false,
  uses: ['smoothing', 'temperature', 'classWeights', 'distillation', 'dropout'],
  options: {},
  build,
});

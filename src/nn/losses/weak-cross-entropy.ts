import {
  add,
  cast,
  equal,
  exp,
  type GraphBuilder,
  log,
  logSumExp,
  mul,
  neg,
  numberLike,
  oneHot,
  reduceMax,
  reduceSum,
  stopGradient,
  sub,
  type Value,
} from '../../graph/index.ts';
import { linearClassifier } from '../classifier.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { narrowed, onlyWhere, perPicture } from './pairs.ts';

/** Adds 1 for the class of the greatest logit of each row, if it is alone: no other can have a share above a half. */
function leader(g: GraphBuilder, logits: Value): Value {
  const fixed = stopGradient(g, logits);
  const greatest = cast(g, equal(g, fixed, reduceMax(g, fixed, [1], true)), logits.dataType);
  const count = reduceSum(g, greatest, [1], true);
  return mul(g, greatest, cast(g, equal(g, count, numberLike(g, count, 1)), logits.dataType));
}

/** The logarithms of softmax p of logits, and of 1 - p. */
interface LogShares {
  readonly own: Value;
  readonly others: Value;
}

/**
 * Adds log p and log(1 - p), of shares however near 1: there 1 - p is the sum of the other shares, not a difference in
 * which all digits are lost.
 */
function logShares(g: GraphBuilder, logits: Value): LogShares {
  const all = logSumExp(g, logits, 1);
  const own = sub(g, logits, all);
  const isLeader = leader(g, logits);
  const rest = sub(g, numberLike(g, isLeader, 1), isLeader);
  const besides = sub(g, logSumExp(g, onlyWhere(g, rest, logits), 1), all);
  const small = log(g, sub(g, numberLike(g, own, 1), mul(g, exp(g, own), rest)));
  return { own, others: add(g, mul(g, besides, isLeader), small) };
}

/**
 * Cross-entropy of the weak metric, `-sum_k [y_k log p_k + (1 - y_k) log(1 - p_k)]`, p being the softmax of a linear
 * classifier; the mean over the batch.
 */
export const weakCrossEntropy = defineLoss({
  description:
    'cross-entropy that also lowers each wrong share by itself, for softmax vectors under the weak metric',
  source: "Mou et al. 2025, training loss L', https://proceedings.mlr.press/v260/mou25a.html",
  comparesPictures: false,
  uses: ['dropout'],
  options: {},
  build(g: GraphBuilder, { embedding, dropped = embedding, labels, classes }: LossInput) {
    const logits = cast(g, linearClassifier(g, dropped, classes), 'float64');
    const hot = cast(g, oneHot(g, labels, classes), 'float64');
    const { own, others } = logShares(g, logits);
    const cold = sub(g, numberLike(g, hot, 1), hot);
    const terms = add(g, mul(g, hot, own), mul(g, cold, others));
    return narrowed(g, neg(g, perPicture(g, terms, Number(logits.shape[0]))));
  },
});

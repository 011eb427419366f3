import {
  add,
  fixedDim,
  type GraphBuilder,
  gemm,
  logSoftmax,
  mul,
  neg,
  numberLike,
  oneHot,
  reduceMean,
  reduceSum,
  type Value,
} from '../../graph/index.ts';
import type { Loss, LossInput, LossSettings } from './loss.ts';

/** A linear classifier: `embedding weight^T + bias`, over the temperature. */
function logitsOf(g: GraphBuilder, { embedding, classes }: LossInput, temperature: number): Value {
  const weight = g.parameter('classifier.weight', [classes, fixedDim(embedding, 1)]);
  const bias = g.parameter('classifier.bias', [classes]);
  const logits = gemm(g, embedding, weight, { transB: true, bias });
  return temperature === 1 ? logits : mul(g, logits, numberLike(g, logits, 1 / temperature));
}

/** 1 - smoothing for the true class, smoothing / (classes - 1) for each other one, as in the paper's code. */
function targets(g: GraphBuilder, { labels, classes }: LossInput, smoothing: number): Value {
  const hot = oneHot(g, labels, classes);
  if (smoothing === 0) return hot;
  const others = smoothing / (classes - 1);
  return add(g, mul(g, hot, numberLike(g, hot, 1 - smoothing - others)), numberLike(g, hot, others));
}

function check({ classes }: LossInput, smoothing: number, temperature: number): void {
  if (!(classes >= 2)) throw new RangeError(`cross-entropy needs two classes or more, not ${classes}`);
  if (!(smoothing >= 0 && smoothing < 1))
    throw new RangeError(`smoothing must be from 0 to below 1, not ${smoothing}`);
  if (!(temperature > 0)) throw new RangeError(`temperature must be above 0, not ${temperature}`);
}

/** Cross-entropy of a linear classifier with label smoothing (the seed paper's equation 1 with its code's smoothing). */
export const crossEntropy: Loss = (g: GraphBuilder, input: LossInput, settings: LossSettings): Value => {
  const { smoothing = 0, temperature = 1 } = settings;
  check(input, smoothing, temperature);
  const scores = logSoftmax(g, logitsOf(g, input, temperature));
  const terms = reduceSum(g, mul(g, targets(g, input, smoothing), scores), [1], false);
  return neg(g, reduceMean(g, terms, [0], false));
};

import {
  add,
  cast,
  div,
  exp,
  fixedDim,
  type GraphBuilder,
  logSoftmax,
  logSumExp,
  matMul,
  mul,
  numberLike,
  reshape,
  sqrt,
  stopGradient,
  sub,
  transpose,
  type Value,
} from '../../graph/index.ts';
import { linearClassifier } from '../classifier.ts';
import { crossEntropy } from './cross-entropy.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { narrowed, pairsOf, perPicture, products, widened } from './pairs.ts';
import { smallestEigenvalue } from './smallest-eigenvalue.ts';

/**
 * Adds 0, with the gradient of cross-entropy for the classifier and none for the features: the proposition alternates
 * between a classifier that minimises cross-entropy and features that minimise the bound.
 */
function classifierStep(g: GraphBuilder, { embedding, labels, classes }: LossInput): Value {
  const fixed = stopGradient(g, embedding);
  const loss = crossEntropy.build(g, { embedding: fixed, labels, classes }, {});
  return sub(g, loss, stopGradient(g, loss));
}

/** Adds the softmax of the classifier's logits as constants: `float64[N,C]`. */
function softAssignments(g: GraphBuilder, { embedding, classes }: LossInput): Value {
  const logits = cast(g, linearClassifier(g, stopGradient(g, embedding), classes), 'float64');
  return stopGradient(g, exp(g, logSoftmax(g, logits)));
}

/** The most numbers that the matrices of all labels may have: half a gigabyte. */
const mostNumbers = 2 ** 26;

/**
 * Adds the smallest eigenvalue above zero of the matrices `(1/n) sum_i p_ik (1 - p_ik) z_i z_i^T` of all labels k, as a
 * constant: those of `z z^T` between the pictures, weighed, are the same besides zeros. 1 if all shares are 0 or 1.
 */
function convexity(g: GraphBuilder, gram: Value, assigned: Value): Value {
  const count = fixedDim(assigned, 0);
  const classes = fixedDim(assigned, 1);
  if (classes * count ** 2 > mostNumbers)
    throw new RangeError(
      `lambda must be a number with batches of ${count} and this many labels, ${classes}, not batch: their matrices would not fit in memory.`,
    );
  const doubt = sqrt(g, mul(g, assigned, sub(g, numberLike(g, assigned, 1), assigned)));
  const rows = transpose(g, doubt, [1, 0]);
  const weighed = mul(
    g,
    mul(g, reshape(g, rows, [classes, count, 1]), reshape(g, rows, [classes, 1, count])),
    reshape(g, stopGradient(g, gram), [1, count, count]),
  );
  return smallestEigenvalue(g, div(g, weighed, numberLike(g, weighed, count)), 1);
}

/** The pairwise cross-entropy of proposition 1. */
export const pce = defineLoss({
  description:
    'the pairwise cross-entropy that cross-entropy bounds; its soft assignments are those of a classifier that learns by cross-entropy, constant for the features',
  source: 'Boudiaf et al. 2020, proposition 1 (with its last factor, 1/(2 lambda), where table 2 slips)',
  comparesPictures: true,
  uses: [],
  options: {
    lambda: {
      kind: 'number',
      description:
        "strength of the convexity that the bound assumes; batch: in each step the smallest eigenvalue above zero of any label's (1/n) sum p (1 - p) z z^T, at most a 1e12th of whose sum counts as zero",
      above: 0,
      words: ['batch'],
      default: 1,
      source: 'none: proposition 1 says that it depends on the features',
    },
    normalize: {
      kind: 'flag',
      description: 'whether the features are scaled to length 1 first',
      default: false,
      source: 'proposition 1, which takes them as they are',
    },
  },
  build(g: GraphBuilder, input: LossInput, { lambda, normalize }) {
    const { count, same } = pairsOf(g, input.labels);
    const gram = products(g, widened(g, input.embedding, normalize));
    const assigned = softAssignments(g, input);
    const strength = lambda === 'batch' ? convexity(g, gram, assigned) : numberLike(g, gram, lambda);
    // Of picture i and class k: the product of z_i and the soft mean of k.
    const nearMeans = div(g, matMul(g, gram, assigned), numberLike(g, gram, count));
    const contrast = perPicture(g, logSumExp(g, div(g, nearMeans, strength), 1), count);
    const softMeans = perPicture(g, mul(g, nearMeans, assigned), count);
    const tight = perPicture(g, div(g, mul(g, gram, same), numberLike(g, gram, count)), count);
    const quadratic = div(g, add(g, tight, softMeans), mul(g, strength, numberLike(g, gram, 2)));
    return add(g, narrowed(g, sub(g, contrast, quadratic)), classifierStep(g, input));
  },
});

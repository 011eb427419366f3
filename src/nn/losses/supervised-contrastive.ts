import {
  add,
  div,
  type GraphBuilder,
  logSumExp,
  mul,
  numberLike,
  reduceSum,
  sub,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { hasAny, meanWhere, narrowed, onlyWhere, pairsOf, products, widened } from './pairs.ts';

/**
 * Supervised contrastive learning: minus the mean over a picture's positives of the logarithm of each one's share among
 * all others of the batch. The mean over the pictures that have a positive.
 */
export const supervisedContrastive = defineLoss({
  description: "raises the share of each picture of its own label among a picture's neighbours in the batch",
  source: 'Khosla et al. 2020, https://arxiv.org/abs/2004.11362',
  comparesPictures: true,
  uses: [],
  options: {
    temperature: {
      kind: 'number',
      description: 'divisor of the cosines',
      unit: 'of cosine',
      above: 0,
      default: 0.1,
      source: 'Khosla et al. 2020; pytorch-metric-learning 2.9',
    },
  },
  build(g: GraphBuilder, { embedding, labels }: LossInput, { temperature }) {
    const { positive, negative } = pairsOf(g, labels);
    const cosines = products(g, widened(g, embedding, true));
    const scaled = div(g, cosines, numberLike(g, cosines, temperature));
    const all = logSumExp(g, onlyWhere(g, add(g, positive, negative), scaled), 1);
    const lack = reduceSum(g, mul(g, sub(g, all, scaled), positive), [1], true);
    const hasPositive = hasAny(g, positive);
    const count = add(g, reduceSum(g, positive, [1], true), sub(g, numberLike(g, lack, 1), hasPositive));
    return narrowed(g, meanWhere(g, div(g, lack, count), hasPositive));
  },
});

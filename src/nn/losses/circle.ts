import {
  add,
  type GraphBuilder,
  logSumExp,
  mul,
  numberLike,
  relu,
  softplus,
  stopGradient,
  sub,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { hasAny, meanWhere, narrowed, onlyWhere, pairsOf, products, widened } from './pairs.ts';

/**
 * The circle loss: `log(1 + sum_n e^(gamma w_n (s_n - m)) sum_p e^(-gamma w_p (s_p - 1 + m)))` of the cosines s of a
 * picture's negatives and positives, with the weights `w_n = max(0, s_n + m)` and `w_p = max(0, 1 + m - s_p)`, which are
 * constants in gradients. The mean over the pictures that have both.
 */
export const circle = defineLoss({
  description: 'pulls and pushes each pair the harder, the further its cosine is from where it should be',
  source: 'Sun et al. 2020, https://arxiv.org/abs/2002.10857',
  comparesPictures: true,
  uses: [],
  options: {
    margin: {
      kind: 'number',
      description: 'relaxation: cosines of one label shall be above 1 - margin, of two labels below margin',
      unit: 'of cosine',
      from: -1,
      to: 1,
      default: 0.4,
      source: 'Sun et al. 2020; pytorch-metric-learning 2.9',
    },
    gamma: {
      kind: 'number',
      description: 'factor of the cosines',
      unit: 'by cosine',
      above: 0,
      default: 80,
      source: 'Sun et al. 2020; pytorch-metric-learning 2.9',
    },
  },
  build(g: GraphBuilder, { embedding, labels }: LossInput, { margin, gamma }) {
    const { positive, negative } = pairsOf(g, labels);
    const cosines = products(g, widened(g, embedding, true));
    const fixed = stopGradient(g, cosines);
    const number = (value: number): Value => numberLike(g, cosines, value);
    const ofPositive = mul(
      g,
      relu(g, sub(g, number(1 + margin), fixed)),
      sub(g, number(1 - margin), cosines),
    );
    const ofNegative = mul(g, relu(g, add(g, fixed, number(margin))), sub(g, cosines, number(margin)));
    const [pull, push] = (
      [
        [positive, ofPositive],
        [negative, ofNegative],
      ] as const
    ).map(([mask, x]) => logSumExp(g, onlyWhere(g, mask, mul(g, x, number(gamma))), 1)) as [Value, Value];
    const hasBoth = mul(g, hasAny(g, positive), hasAny(g, negative));
    const terms = softplus(g, narrowed(g, add(g, pull, push)));
    return meanWhere(g, terms, narrowed(g, hasBoth));
  },
});

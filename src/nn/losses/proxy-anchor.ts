import {
  add,
  cast,
  div,
  type GraphBuilder,
  mul,
  numberLike,
  oneHot,
  reduceSum,
  sub,
  swapLast,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { hasAny, logOnePlusSum, narrowed } from './pairs.ts';
import { cosinesTo, proxiesOf } from './proxies.ts';

/**
 * Proxy-Anchor: for each proxy `log(1 + sum e^(-alpha (s - margin)))` over the cosines s of its label's pictures, the mean
 * over the labels in the batch, and `log(1 + sum e^(alpha (s + margin)))` over all other pictures, the mean over all.
 */
export const proxyAnchor = defineLoss({
  description: 'pulls the pictures of a label to its proxy, the hardest most, and pushes others away',
  source: 'Kim et al. 2020, https://arxiv.org/abs/2003.13911',
  comparesPictures: false,
  uses: [],
  options: {
    margin: {
      kind: 'number',
      description:
        'cosine that the own label shall be above, and the negative of which others shall be below',
      unit: 'of cosine',
      from: 0,
      to: 1,
      default: 0.1,
      source: 'Kim et al. 2020; pytorch-metric-learning 2.9',
    },
    alpha: {
      kind: 'number',
      description: 'factor of the cosines',
      unit: 'by cosine',
      above: 0,
      default: 32,
      source: 'Kim et al. 2020; pytorch-metric-learning 2.9',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { margin, alpha }) {
    const cosines = cosinesTo(g, embedding, proxiesOf(g, 'proxy-anchor', embedding, classes));
    const wide = (x: Value): Value => cast(g, swapLast(g, x), 'float64');
    const byProxy = wide(cosines);
    const positive = wide(oneHot(g, labels, classes));
    const negative = sub(g, numberLike(g, positive, 1), positive);
    const softSum = (mask: Value, factor: number, offset: number): Value => {
      const shifted = add(g, byProxy, numberLike(g, byProxy, offset));
      return reduceSum(
        g,
        logOnePlusSum(g, mask, mul(g, shifted, numberLike(g, shifted, factor))),
        [0, 1],
        false,
      );
    };
    const present = reduceSum(g, hasAny(g, positive), [0, 1], false);
    const pull = div(g, softSum(positive, -alpha, -margin), present);
    const push = div(g, softSum(negative, alpha, margin), numberLike(g, present, classes));
    return narrowed(g, add(g, pull, push));
  },
});

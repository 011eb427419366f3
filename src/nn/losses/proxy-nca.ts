import {
  type GraphBuilder,
  logSumExp,
  mul,
  numberLike,
  oneHot,
  reduceMean,
  reduceSum,
  sub,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { onlyWhere } from './pairs.ts';
import { cosinesTo, proxiesOf } from './proxies.ts';

/**
 * Proxy-NCA: minus the logarithm of `e^-d(x, own proxy)` over the sum of `e^-d(x, proxy)` of the other classes, d being
 * the squared distance of vectors of length 1.
 */
export const proxyNca = defineLoss({
  description: 'pulls each picture to the proxy of its label and away from the others',
  source: 'Movshovitz-Attias et al. 2017, https://arxiv.org/abs/1703.07464',
  comparesPictures: false,
  uses: [],
  options: {
    scale: {
      kind: 'number',
      description: 'factor of the squared distances',
      unit: 'by squared distance',
      above: 0,
      default: 1,
      source: 'Movshovitz-Attias et al. 2017; pytorch-metric-learning 2.9, softmax_scale',
    },
    denominator: {
      kind: 'choice',
      description:
        'proxies in the denominator: those of the other labels as in the paper, or all as in pytorch-metric-learning',
      values: ['others', 'all'],
      default: 'others',
      source: 'Movshovitz-Attias et al. 2017',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { scale, denominator }) {
    const cosines = cosinesTo(g, embedding, proxiesOf(g, 'proxy-nca', embedding, classes));
    // The squared distance is 2 - 2 cos.
    const nearness = mul(g, sub(g, cosines, numberLike(g, cosines, 1)), numberLike(g, cosines, 2 * scale));
    const hot = oneHot(g, labels, classes);
    const own = reduceSum(g, mul(g, hot, nearness), [1], true);
    const rest = sub(g, numberLike(g, hot, 1), hot);
    const all = logSumExp(g, denominator === 'all' ? nearness : onlyWhere(g, rest, nearness), 1);
    return reduceMean(g, sub(g, all, own), [0, 1], false);
  },
});

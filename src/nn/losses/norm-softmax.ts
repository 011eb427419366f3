import {
  add,
  div,
  type GraphBuilder,
  mul,
  numberLike,
  oneHot,
  reduceMean,
  sqrt,
  sub,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { cosinesTo, meanNegativeLogShare, proxiesOf } from './proxies.ts';

/** Adds rows of mean 0 and variance 1, PyTorch's `LayerNorm` without scale and bias. */
function layerNorm(g: GraphBuilder, x: Value): Value {
  const centred = sub(g, x, reduceMean(g, x, [1], true));
  const variance = reduceMean(g, mul(g, centred, centred), [1], true);
  return div(g, centred, sqrt(g, add(g, variance, numberLike(g, variance, 1e-5))));
}

/** Normalised softmax: cross-entropy of the cosines of features and learned class vectors, divided by a temperature. */
export const normSoftmax = defineLoss({
  description: 'cross-entropy of the cosines of feature and class vectors',
  source: 'Zhai and Wu 2019, https://arxiv.org/abs/1811.12649',
  comparesPictures: false,
  uses: [],
  options: {
    temperature: {
      kind: 'number',
      description: 'divisor of the cosines',
      unit: 'of cosine',
      above: 0,
      default: 0.05,
      source: 'Zhai and Wu 2019; pytorch-metric-learning 2.9',
    },
    layerNorm: {
      kind: 'flag',
      description:
        'whether the feature is brought to mean 0 and variance 1 first, which the exported one is not',
      default: false,
      source: 'pytorch-metric-learning 2.9, which has none; Zhai and Wu 2019 have it',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { temperature, layerNorm: isNormed }) {
    const feature = isNormed ? layerNorm(g, embedding) : embedding;
    const cosines = cosinesTo(g, feature, proxiesOf(g, 'norm-softmax', feature, classes));
    const logits = mul(g, cosines, numberLike(g, cosines, 1 / temperature));
    return meanNegativeLogShare(g, logits, oneHot(g, labels, classes));
  },
});

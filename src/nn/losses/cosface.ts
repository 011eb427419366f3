import { type GraphBuilder, mul, numberLike, oneHot, sub } from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { cosinesTo, meanNegativeLogShare, proxiesOf } from './proxies.ts';

/** CosFace: cross-entropy of scaled cosines, with a margin taken from the cosine of a picture and its own class. */
export const cosface = defineLoss({
  description: 'cross-entropy of scaled cosines, with a margin on the cosine of the own class',
  source: 'Wang et al. 2018, https://arxiv.org/abs/1801.09414',
  comparesPictures: false,
  uses: [],
  options: {
    margin: {
      kind: 'number',
      description: 'what is taken from the cosine of the own class',
      unit: 'of cosine',
      from: 0,
      to: 2,
      default: 0.35,
      source: 'Wang et al. 2018; pytorch-metric-learning 2.9',
    },
    scale: {
      kind: 'number',
      description: 'factor of the cosines',
      above: 0,
      default: 64,
      source: 'Wang et al. 2018; pytorch-metric-learning 2.9',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { margin, scale }) {
    const cosines = cosinesTo(g, embedding, proxiesOf(g, 'cosface', embedding, classes));
    const hot = oneHot(g, labels, classes);
    const lowered = sub(g, cosines, mul(g, hot, numberLike(g, hot, margin)));
    return meanNegativeLogShare(g, mul(g, lowered, numberLike(g, cosines, scale)), hot);
  },
});

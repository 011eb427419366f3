import {
  cast,
  div,
  type GraphBuilder,
  logSumExp,
  matMul,
  mul,
  numberLike,
  oneHot,
  sub,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { narrowed, pairsOf, perPicture, products, widened } from './pairs.ts';

/**
 * Simplified pairwise cross-entropy, equation 15: cross-entropy of the classifier that the sums of the labels' features
 * in the batch are, divided by its size. A label that is not in the batch has the weight 0.
 */
export const spce = defineLoss({
  description:
    'the simplified pairwise cross-entropy: cross-entropy whose classifier is the means of the batch',
  source: 'Boudiaf et al. 2020, equation 15',
  comparesPictures: true,
  uses: [],
  options: {
    normalize: {
      kind: 'flag',
      description: 'whether the features are scaled to length 1 first',
      default: false,
      source: 'equation 15, which takes them as they are',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { normalize }) {
    const { count, same } = pairsOf(g, labels);
    const gram = products(g, widened(g, embedding, normalize));
    const shares = div(g, gram, numberLike(g, gram, count));
    const logits = matMul(g, shares, cast(g, oneHot(g, labels, classes), 'float64'));
    const contrast = perPicture(g, logSumExp(g, logits, 1), count);
    return narrowed(g, sub(g, contrast, perPicture(g, mul(g, shares, same), count)));
  },
});

import { add, type GraphBuilder, mul, numberLike, relu, sub, type Value } from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { distances, isAboveZero, meanWhere, narrowed, pairsOf, perPicture, widened } from './pairs.ts';

/**
 * The contrastive loss, equation 2: for each picture the squared distances to those of its label, and the squares of what
 * other labels' distances lack of the margin, summed over its partners and divided by the batch.
 */
export const contrastive = defineLoss({
  description: 'pulls pictures of a label together and pushes others up to a margin apart',
  source: 'Boudiaf et al. 2020, equation 2 (Hadsell et al. 2006)',
  comparesPictures: true,
  uses: [],
  options: {
    margin: {
      kind: 'number',
      description: 'distance from which pictures of two labels are left alone',
      unit: 'of distance',
      above: 0,
      default: 1,
      source: 'pytorch-metric-learning 2.9, neg_margin',
    },
    normalize: {
      kind: 'flag',
      description: 'whether the features are scaled to length 1 first',
      default: false,
      source: 'equation 2, which takes them as they are',
    },
    squared: {
      kind: 'flag',
      description: 'whether the distances count squared; pytorch-metric-learning counts them as they are',
      default: true,
      source: 'equation 2',
    },
    mean: {
      kind: 'choice',
      description:
        'divisor: the batch as in equation 2, or the numbers of pairs of either kind that count, as in pytorch-metric-learning',
      values: ['batch', 'pairs'],
      default: 'batch',
      source: 'equation 2',
    },
  },
  build(g: GraphBuilder, { embedding, labels }: LossInput, { margin, normalize, squared: isSquared, mean }) {
    const { count, positive, negative } = pairsOf(g, labels);
    const { squared, distance } = distances(g, widened(g, embedding, normalize));
    const lacking = relu(g, sub(g, numberLike(g, distance, margin), distance));
    const [pull, push] = isSquared ? [squared, mul(g, lacking, lacking)] : [distance, lacking];
    const terms = [mul(g, pull, positive), mul(g, push, negative)] as const;
    const reduced = terms.map((one) =>
      mean === 'batch' ? perPicture(g, one, count) : meanWhere(g, one, isAboveZero(g, one)),
    ) as [Value, Value];
    return narrowed(g, add(g, ...reduced));
  },
});

import { add, div, type GraphBuilder, logSumExp, mul, numberLike, sub } from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { hasAny, narrowed, onlyWhere, pairsOf, perPicture, products, widened } from './pairs.ts';

/**
 * Scalable neighbourhood component analysis: minus the logarithm of the share that pictures of its own label have among a
 * picture's neighbours, the picture itself left out. A picture that is alone with its label in the batch has no term.
 */
export const snca = defineLoss({
  description: "raises the share of its own label among a picture's neighbours in the batch",
  source: 'Boudiaf et al. 2020, table 2 (Wu et al. 2018), with j = i left out',
  comparesPictures: true,
  uses: [],
  options: {
    sigma: {
      kind: 'number',
      description: 'divisor of the cosines: the smaller, the nearer the neighbours that matter',
      unit: 'of cosine',
      above: 0,
      default: 0.05,
      source: 'Wu et al. 2018, https://arxiv.org/abs/1808.04699',
    },
  },
  build(g: GraphBuilder, { embedding, labels }: LossInput, { sigma }) {
    const { count, positive, negative } = pairsOf(g, labels);
    const cosines = products(g, widened(g, embedding, true));
    const scaled = div(g, cosines, numberLike(g, cosines, sigma));
    const own = logSumExp(g, onlyWhere(g, positive, scaled), 1);
    const all = logSumExp(g, onlyWhere(g, add(g, positive, negative), scaled), 1);
    return narrowed(g, perPicture(g, mul(g, sub(g, all, own), hasAny(g, positive)), count));
  },
});

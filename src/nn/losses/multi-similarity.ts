import {
  add,
  cast,
  div,
  type GraphBuilder,
  greater,
  mul,
  neg,
  numberLike,
  reduceMax,
  stopGradient,
  sub,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import {
  logOnePlusSum,
  narrowed,
  onlyWhere,
  type Pairs,
  pairsOf,
  perPicture,
  products,
  widened,
} from './pairs.ts';

type Chosen = Pick<Pairs, 'positive' | 'negative'>;

/**
 * Keeps the pairs that the paper's mining keeps: negatives nearer than the farthest positive of the picture less a margin,
 * and positives farther than its nearest negative and the margin. The choice has no gradient.
 */
function mined(g: GraphBuilder, cosines: Value, { positive, negative }: Pairs, margin: number): Chosen {
  const fixed = stopGradient(g, cosines);
  const wider = numberLike(g, fixed, margin);
  const farthest = neg(g, reduceMax(g, onlyWhere(g, positive, neg(g, fixed)), [1], true));
  const nearest = reduceMax(g, onlyWhere(g, negative, fixed), [1], true);
  const isHard = (a: Value, b: Value): Value => cast(g, greater(g, a, b), fixed.dataType);
  return {
    positive: mul(g, positive, isHard(add(g, nearest, wider), fixed)),
    negative: mul(g, negative, isHard(add(g, fixed, wider), farthest)),
  };
}

/** The multi-similarity loss: soft sums over the positives and the negatives of each picture, j = i left out. */
export const multiSimilarity = defineLoss({
  description: 'weighs each pair by how it compares with the other pairs of its picture',
  source: 'Boudiaf et al. 2020, table 2 (Wang et al. 2019), with j = i left out',
  comparesPictures: true,
  uses: [],
  options: {
    alpha: {
      kind: 'number',
      description: 'sharpness of the sum over pictures of the same label',
      unit: 'by cosine',
      above: 0,
      default: 2,
      source: 'Wang et al. 2019, https://arxiv.org/abs/1904.06627',
    },
    beta: {
      kind: 'number',
      description: 'sharpness of the sum over pictures of other labels',
      unit: 'by cosine',
      above: 0,
      default: 50,
      source: 'Wang et al. 2019',
    },
    margin: {
      kind: 'number',
      description: 'cosine that parts the same label from others',
      unit: 'of cosine',
      from: -1,
      to: 1,
      default: 0.5,
      source: "the code of Wang et al. (their paper says 1) and pytorch-metric-learning 2.9's base",
    },
    mining: {
      kind: 'flag',
      description: "whether only the pairs that the paper's mining keeps count",
      default: false,
      source: 'Boudiaf et al. 2020, table 2, which sums over all pairs',
    },
    miningMargin: {
      kind: 'number',
      description: 'margin of the mining',
      unit: 'of cosine',
      from: 0,
      default: 0.1,
      source: 'Wang et al. 2019',
    },
  },
  build(g: GraphBuilder, { embedding, labels }: LossInput, { alpha, beta, margin, mining, miningMargin }) {
    const pairs = pairsOf(g, labels);
    const cosines = products(g, widened(g, embedding, true));
    const { positive, negative } = mining ? mined(g, cosines, pairs, miningMargin) : pairs;
    const beyond = sub(g, cosines, numberLike(g, cosines, margin));
    const softSum = (mask: Value, sharpness: number): Value => {
      const exponents = mul(g, beyond, numberLike(g, beyond, sharpness));
      return div(g, logOnePlusSum(g, mask, exponents), numberLike(g, beyond, Math.abs(sharpness)));
    };
    const both = add(g, softSum(positive, -alpha), softSum(negative, beta));
    return narrowed(g, perPicture(g, both, pairs.count));
  },
});

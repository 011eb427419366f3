import {
  add,
  cast,
  fixedDim,
  type GraphBuilder,
  greater,
  mul,
  neg,
  numberLike,
  reduceMax,
  relu,
  reshape,
  softplus,
  sub,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import {
  distances,
  hasAny,
  isAboveZero,
  meanWhere,
  narrowed,
  onlyWhere,
  type Pairs,
  pairsOf,
  widened,
} from './pairs.ts';

/** Triplets of a batch, `float32` of any shape. */
interface Triplets {
  /** The distance to the positive less that to the negative. */
  readonly lead: Value;
  /** One for each triplet that is mined, else 0. */
  readonly isMined: Value;
}

/** Adds for each picture the triplet of its farthest positive and its nearest negative: `float32[N,1]`. */
function batchHard(g: GraphBuilder, distance: Value, { positive, negative }: Pairs): Triplets {
  const farthest = reduceMax(g, onlyWhere(g, positive, distance), [1], true);
  const nearest = neg(g, reduceMax(g, onlyWhere(g, negative, neg(g, distance)), [1], true));
  const isMined = mul(g, hasAny(g, positive), hasAny(g, negative));
  return { lead: narrowed(g, mul(g, sub(g, farthest, nearest), isMined)), isMined: narrowed(g, isMined) };
}

/**
 * Adds all triplets whose negative is farther than the positive, by no more than the margin: `float32[N,N,N]`, of which
 * there are too many for float64.
 */
function semiHard(g: GraphBuilder, distance: Value, { positive, negative }: Pairs, margin: number): Triplets {
  const count = fixedDim(distance, 0);
  const ofPositive = [count, count, 1];
  const ofNegative = [count, 1, count];
  const as = (x: Value, shape: readonly number[]): Value => reshape(g, cast(g, x, 'float32'), shape);
  const lead = sub(g, as(distance, ofPositive), as(distance, ofNegative));
  const isWithin = sub(g, numberLike(g, lead, 0), lead);
  const isFarther = cast(g, greater(g, isWithin, numberLike(g, lead, 0)), 'float32');
  const isTooFar = cast(g, greater(g, isWithin, numberLike(g, lead, margin)), 'float32');
  const isTriplet = mul(g, as(positive, ofPositive), as(negative, ofNegative));
  return { lead, isMined: mul(g, isTriplet, sub(g, isFarther, isTooFar)) };
}

/** The largest batch of semi-hard triplets: each of several tensors of its cube is 67 MB. */
const mostOfSemiHard = 256;

/** The triplet loss: what the distance to a positive lacks of being a margin less than that to a negative. */
export const triplet = defineLoss({
  description: 'wants each picture nearer to those of its label than to others, by a margin',
  source:
    'Hermans et al. 2017, https://arxiv.org/abs/1703.07737 (batch-hard); Schroff et al. 2015 (semi-hard)',
  comparesPictures: true,
  uses: [],
  options: {
    mining: {
      kind: 'choice',
      description:
        'triplets: of the farthest positive and the nearest negative of each picture, or all whose negative is farther than the positive by less than the margin, for batches of at most 256, as a step needs memory for batch x batch x batch numbers',
      values: ['batch-hard', 'semi-hard'],
      default: 'batch-hard',
      source: 'Hermans et al. 2017',
    },
    form: {
      kind: 'choice',
      description:
        'what a lack x costs: max(0, x), or log(1 + e^x), which with a margin of 0 is the soft margin',
      values: ['margin', 'soft'],
      default: 'margin',
      source: 'Schroff et al. 2015',
    },
    margin: {
      kind: 'number',
      description: 'distance by which a negative must be farther than a positive',
      unit: 'of distance',
      from: 0,
      default: 0.2,
      source: 'Schroff et al. 2015',
    },
    normalize: {
      kind: 'flag',
      description: 'whether the features are scaled to length 1 first',
      default: true,
      source: 'Schroff et al. 2015; pytorch-metric-learning 2.9',
    },
    mean: {
      kind: 'choice',
      description: 'mean over all mined triplets, or over those whose loss is above 0',
      values: ['mined', 'above-zero'],
      default: 'mined',
      source: 'Hermans et al. 2017; pytorch-metric-learning 2.9 has the other',
    },
  },
  largestBatch: ({ mining }) => (mining === 'semi-hard' ? mostOfSemiHard : Number.POSITIVE_INFINITY),
  build(g: GraphBuilder, { embedding, labels }: LossInput, { mining, form, margin, normalize, mean }) {
    const pairs = pairsOf(g, labels);
    const { distance } = distances(g, widened(g, embedding, normalize));
    const mined =
      mining === 'semi-hard' ? semiHard(g, distance, pairs, margin) : batchHard(g, distance, pairs);
    const lack = add(g, mined.lead, numberLike(g, mined.lead, margin));
    const cost = mul(g, form === 'soft' ? softplus(g, lack) : relu(g, lack), mined.isMined);
    return meanWhere(g, cost, mean === 'mined' ? mined.isMined : isAboveZero(g, cost));
  },
});

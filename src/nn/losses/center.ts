import {
  add,
  cast,
  div,
  fixedDim,
  type GraphBuilder,
  matMul,
  mul,
  numberLike,
  oneHot,
  reduceSum,
  sub,
  type Value,
} from '../../graph/index.ts';
import { crossEntropy } from './cross-entropy.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { narrowed, pairsOf, widened } from './pairs.ts';

/** Adds the mean of its label in the batch for each picture: `float64[N,D]`. */
function meansInBatch(g: GraphBuilder, x: Value, labels: Value): Value {
  const { same } = pairsOf(g, labels);
  return matMul(g, div(g, same, reduceSum(g, same, [1], true)), x);
}

/** Adds the learned centre of its label for each picture, from the parameter `center.centers: float32[C,D]`. */
function learnedCentres(g: GraphBuilder, { embedding, labels, classes }: LossInput): Value {
  const centres = g.parameter('center.centers', [classes, fixedDim(embedding, 1)]);
  return cast(g, matMul(g, oneHot(g, labels, classes), centres), 'float64');
}

/** Adds half the sum of the squared distances of all pictures from the centre of their label. */
function tightness(g: GraphBuilder, input: LossInput, centers: string): Value {
  const x = widened(g, input.embedding);
  const centres = centers === 'learned' ? learnedCentres(g, input) : meansInBatch(g, x, input.labels);
  const apart = sub(g, x, centres);
  const sum = reduceSum(g, mul(g, apart, apart), [0, 1], false);
  return narrowed(g, mul(g, sum, numberLike(g, sum, 0.5)));
}

/**
 * The center loss: cross-entropy plus a weight times the tightness, half the sum of the squared distances from the
 * centres of the labels. In a sum it is the tightness alone, whose weight is the one in front of it: the contrastive part
 * is what it is added to, as in `cross-entropy + 0.0001 center`.
 */
export const center = defineLoss({
  description:
    'cross-entropy, and pictures pulled to the centre of their label; in a sum of losses the pull alone, with the weight in front of it',
  source: 'Boudiaf et al. 2020, table 2 (Wen et al. 2016)',
  comparesPictures: true,
  uses: crossEntropy.uses,
  options: {
    weight: {
      kind: 'number',
      description: 'factor of the pull beside the cross-entropy',
      above: 0,
      isOfOneAlone: true,
      default: 0.0001,
      source:
        'Wen et al. 2016 have 0.003 beside a sum over the batch; beside its mean that is 0.003 / 32, rounded',
    },
    centers: {
      kind: 'choice',
      description: 'centres: the means of the labels in the batch, or learned ones',
      values: ['batch', 'learned'],
      default: 'batch',
      source: 'Boudiaf et al. 2020, section 3.1',
    },
  },
  isPairless: ({ centers }) => centers === 'learned',
  build(g: GraphBuilder, input: LossInput, { weight, centers }) {
    const pull = tightness(g, input, centers);
    if (input.isTerm) return pull;
    return add(g, crossEntropy.build(g, input, {}), mul(g, pull, numberLike(g, pull, weight)));
  },
});

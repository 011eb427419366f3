import {
  add,
  cast,
  clip,
  type GraphBuilder,
  greater,
  mul,
  numberLike,
  oneHot,
  reduceSum,
  sqrt,
  sub,
  type Value,
} from '../../graph/index.ts';
import { defineLoss, type LossInput } from './definition.ts';
import { cosinesTo, meanNegativeLogShare, proxiesOf } from './proxies.ts';

/** The smallest square of a sine whose root has a slope: float32 knows none smaller beside a cosine of 1. */
const smallest = 1e-7;

/** Adds cos(angle + margin) of cosines; from angle + margin = pi on, the line that keeps falling. */
function cosineOfSum(g: GraphBuilder, cosine: Value, margin: number): Value {
  const number = (value: number): Value => numberLike(g, cosine, value);
  const sine = sqrt(g, clip(g, sub(g, number(1), mul(g, cosine, cosine)), smallest));
  const turned = sub(g, mul(g, cosine, number(Math.cos(margin))), mul(g, sine, number(Math.sin(margin))));
  const line = sub(g, cosine, number(margin * Math.sin(margin)));
  const isTurned = cast(g, greater(g, cosine, number(-Math.cos(margin))), cosine.dataType);
  return add(g, line, mul(g, isTurned, sub(g, turned, line)));
}

/** ArcFace: cross-entropy of scaled cosines, with a margin added to the angle between a picture and its own class. */
export const arcface = defineLoss({
  description: 'cross-entropy of scaled cosines, with a margin on the angle to the own class',
  source: 'Deng et al. 2019, https://arxiv.org/abs/1801.07698',
  comparesPictures: false,
  uses: [],
  options: {
    margin: {
      kind: 'number',
      description: 'angle that is added to that of the own class',
      unit: 'radians',
      from: 0,
      to: 1.57,
      default: 0.5,
      source: 'Deng et al. 2019; pytorch-metric-learning 2.9 has it in degrees, 28.6',
    },
    scale: {
      kind: 'number',
      description: 'factor of the cosines',
      above: 0,
      default: 64,
      source: 'Deng et al. 2019',
    },
  },
  build(g: GraphBuilder, { embedding, labels, classes }: LossInput, { margin, scale }) {
    const cosines = cosinesTo(g, embedding, proxiesOf(g, 'arcface', embedding, classes));
    const hot = oneHot(g, labels, classes);
    const own = reduceSum(g, mul(g, hot, cosines), [1], true);
    const change = mul(g, hot, sub(g, cosineOfSum(g, own, margin), own));
    return meanNegativeLogShare(g, mul(g, add(g, cosines, change), numberLike(g, cosines, scale)), hot);
  },
});

import { countElements } from '../../tensor/index.ts';
import type { Graph } from '../graph.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { add, mul, reciprocal, sqrt, sub } from './arithmetic.ts';
import { numberLike } from './number.ts';
import { reduceSum, sumOfChannels } from './reduce.ts';
import { reshape } from './shape.ts';

/** The tensors of a batch normalisation, each `float32[C]`. */
export interface Normalization {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, with the stored statistics. */
export function batchNormalization(g: Graph, x: Value, n: Normalization, epsilon: number): Value {
  return g.apply('BatchNormalization', [x, n.scale, n.bias, n.mean, n.variance], {
    epsilon: { float: epsilon },
  });
}

/** The outputs of a batch normalisation that uses the statistics of the batch. */
export interface BatchNormalized {
  readonly y: Value;
  /** `float32[C]`. */
  readonly mean: Value;
  /** `float32[C]`, the population variance: the sum of squares divided by the count. */
  readonly variance: Value;
}

/** Statistics of normalised values that are not the first output of a node with two more. */
const computed = new WeakMap<Value, Pick<BatchNormalized, 'mean' | 'variance'>>();

/** Returns the mean and variance that `y`, an output of `batchNormalizationOfBatch`, was normalised with. */
export function statisticsOfBatch(
  g: Graph,
  y: Value,
  channels: number,
): Pick<BatchNormalized, 'mean' | 'variance'> {
  const further = (position: number): Value =>
    g.furtherOutput(y, position, { dataType: 'float32', shape: [channels] });
  return computed.get(y) ?? { mean: further(1), variance: further(2) };
}

/** `[C]` as `[1,C,1,1]`, to broadcast over maps, or as `[1,C]` over a matrix. */
export const perChannel = (g: Graph, x: Value, map: Value): Value =>
  reshape(
    g,
    x,
    map.shape.map((_, axis) => (axis === 1 ? fixedDim(x, 0) : 1)),
  );

/**
 * The operator in training mode as sums and the operator on stored statistics: ONNX Runtime's CUDA provider refuses the
 * training mode of opset 14 and later when a session is opened.
 */
function inParts(g: Graph, x: Value, stored: Normalization, epsilon: number): Value {
  const share = fixedDim(x, 1) / countElements(fixedShape(x));
  const meanOf = (value: Value): Value => {
    const sum = sumOfChannels(g, value);
    return mul(g, sum, numberLike(g, sum, share));
  };
  const mean = meanOf(x);
  const centred = sub(g, x, perChannel(g, mean, x));
  const variance = meanOf(mul(g, centred, centred));
  const y = batchNormalization(g, x, { ...stored, mean, variance }, epsilon);
  computed.set(y, { mean, variance });
  return y;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, with the statistics of the batch itself. The
 * stored statistics do not matter but must belong to this node alone: ONNX Runtime overwrites them.
 */
export function batchNormalizationOfBatch(
  g: Graph,
  x: Value,
  stored: Normalization,
  epsilon: number,
): BatchNormalized {
  const { scale, bias, mean, variance } = stored;
  // With a momentum of 0 the operator's "running" statistics are those of the batch.
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const apply = (): Value => {
    if (g.trainsOn === 'cuda') {
      const inputs = [x, scale, bias, mean, variance];
      return g.applyAs('BatchNormalization', inputs, attributes, () => inParts(g, x, stored, epsilon));
    }
    // Computed, not constants, of which ONNX Runtime keeps one where several are equal.
    const scratch = [mean, variance].map((value) => mul(g, value, numberLike(g, value, 0)));
    return g.apply('BatchNormalization', [x, scale, bias, ...scratch], attributes);
  };
  const y = apply();
  return { y, ...statisticsOfBatch(g, y, fixedDim(x, 1)) };
}

/** Every row of `x: float32[N,D]` scaled to length 1; a row of zeros stays as it is. */
export function l2Normalize(g: Graph, x: Value): Value {
  const squares = reduceSum(g, mul(g, x, x), [1], true);
  // Gives the length of a row of zeros an inverse.
  const length = sqrt(g, add(g, squares, numberLike(g, x, 1e-12)));
  return mul(g, x, reciprocal(g, length));
}

import { countElements } from '../../tensor/index.ts';
import { check, checkFloats, firstInputs, inputAt } from '../checks.ts';
import {
  add,
  batchNormalization,
  conv,
  mul,
  numberLike,
  perChannel,
  reciprocal,
  reshape,
  sqrt,
  statisticsOfBatch,
  sub,
  sumOfChannels,
  sumOfProducts,
} from '../functions/index.ts';
import type { Attributes, Graph, Node } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';

function epsilonOf(attributes: Attributes): number {
  const value = attributes['epsilon'];
  return typeof value === 'object' && 'float' in value ? value.float : 1e-5;
}

/** The elements per map from which a depthwise convolution is faster than a normalisation. */
const longMap = 196;

/**
 * `multiplier * x + offset` for each channel, in one pass over x. As a convolution where that pays: ONNX Runtime runs it
 * on all threads and fuses the addition that follows.
 */
function scaleAndShift(g: Graph, x: Value, multiplier: Value, offset: Value): Value {
  const [, channels = 1, ...map] = fixedShape(x);
  if (g.trainsOn === 'cpu' && map.length === 2 && countElements(map) >= longMap)
    return conv(g, x, reshape(g, multiplier, [channels, 1, 1, 1]), { group: channels }, offset);
  const fill = (prefix: string, value: number): Value =>
    g.constant(prefix, 'float32', [channels], new Float32Array(channels).fill(value));
  const stored = { scale: multiplier, bias: offset, mean: fill('zeros', 0), variance: fill('ones', 1) };
  return batchNormalization(g, x, stored, 0);
}

/** Returns the mean and variance that the output was normalised with: stored, or of the batch. */
function statistics(g: Graph, { inputs, output, attributes }: Node): [mean: Value, variance: Value] {
  if (attributes['training_mode'] !== 1) return [inputAt(inputs, 3), inputAt(inputs, 4)];
  const { mean, variance } = statisticsOfBatch(g, output, fixedDim(inputAt(inputs, 0), 1));
  return [mean, variance];
}

/**
 * The gradients of scale, bias and x, with inv = 1/sqrt(variance + epsilon) and xhat = (x - mean) inv:
 * dbias = sum(dy), dscale = sum(dy xhat); on stored statistics dx = dy scale inv; on those of the batch, of n numbers
 * per channel, dx = scale inv (dy - dbias/n - xhat dscale/n) (Ioffe and Szegedy 2015), here as a dy + b x + c.
 */
function gradients(
  g: Graph,
  node: Node,
  dy: Value,
): { x: () => Value; scale: () => Value; bias: () => Value } {
  const [x, scale] = firstInputs(node.inputs, 2);
  const [mean, variance] = statistics(g, node);
  const shared = <T>(make: () => T): (() => T) => {
    let made: T | undefined;
    return () => (made ??= make());
  };
  const inverse = shared(() =>
    reciprocal(g, sqrt(g, add(g, variance, numberLike(g, variance, epsilonOf(node.attributes))))),
  );
  const bias = shared(() => sumOfChannels(g, dy));
  const dscale = shared(() => mul(g, sub(g, sumOfProducts(g, dy, x), mul(g, mean, bias())), inverse()));
  const factor = shared(() => mul(g, scale, inverse()));
  function dx(): Value {
    const scaled = mul(g, dy, perChannel(g, factor(), x));
    if (node.attributes['training_mode'] !== 1) return scaled;
    const share = numberLike(g, scale, -fixedDim(x, 1) / countElements(fixedShape(x)));
    const ofX = mul(g, mul(g, factor(), inverse()), mul(g, dscale(), share));
    const constant = sub(g, mul(g, mul(g, factor(), bias()), share), mul(g, mean, ofX));
    return add(g, scaled, scaleAndShift(g, x, ofX, constant));
  }
  return { x: dx, scale: dscale, bias };
}

/** Normalises each channel, with the stored statistics or those of the batch (`training_mode` 1). */
export const batchNormalizationOperator: Operator = {
  infer(inputs) {
    checkFloats(inputs);
    const x = inputAt(inputs, 0);
    const channels = fixedDim(x, 1);
    for (let position = 1; position <= 4; position += 1) {
      const { shape } = inputAt(inputs, position);
      check(
        shape.length === 1 && shape[0] === channels,
        `Input ${position} must have one number for each of ${channels} channels.`,
      );
    }
    return { dataType: x.dataType, shape: x.shape };
  },
  gradient(g, node, dy) {
    const { x, scale, bias } = gradients(g, node, dy);
    return [x, scale, bias, undefined, undefined];
  },
};

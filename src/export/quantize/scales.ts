import type { WeightBits } from './options.ts';
import type { Range } from './ranges.ts';

/** The scale of bytes that stand for numbers: `(byte - zeroPoint) * scale`. */
export interface ByteScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Rounds to the nearest whole number, ties to even, as ONNX's QuantizeLinear does. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Rounds to float32, but never to 0, so that numbers can be divided by it. */
const asScale = (value: number): number => Math.max(Math.fround(value), 2 ** -60);

/** Returns the scale of bytes 0 to 255 over a range, widened to include 0: padding and ReLU need an exact 0. */
export function activationScale(range: Range): ByteScale {
  const low = Math.min(0, range.low);
  const high = Math.max(0, range.high);
  const scale = asScale((high - low) / 255);
  return { scale, zeroPoint: clamp(roundHalfEven(-low / scale), 0, 255) };
}

/** The largest weight by its bits. With 64, two products of a byte fit 16 bits: 2 * 255 * 64 < 2 ** 15. */
const largestWeight: Readonly<Record<WeightBits, number>> = { 7: 64, 8: 127 };

/** The weights and biases of a convolution as integers. */
export interface IntegerWeights {
  /** -127 to 127, or -64 to 64 with 7 bits, in the shape of the weights. */
  readonly weight: Int8Array;
  /** One per filter. */
  readonly weightScale: Float32Array;
  /** In units of the input's scale times the filter's scale. */
  readonly bias: Int32Array;
  readonly biasScale: Float32Array;
}

/** The largest bias, which leaves room for the sum of products. */
const largestBias = 2 ** 30;

/** Makes the largest magnitude `most`; the scale is larger if the bias of a nearly zero filter would not fit 32 bits. */
function filterScale(weights: Float32Array, bias: number, inputScale: number, most: number): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i += 1) largest = Math.max(largest, Math.abs(weights[i] ?? 0));
  return asScale(Math.max(largest / most, Math.abs(bias) / (largestBias * inputScale)));
}

/**
 * Rounds a filter to whole multiples of its scale. With `keepSum` the weights nearest to a half are rounded the other way
 * until their sum is right: neighbouring pixels are alike, and a small edge filter whose sum is off would respond to
 * every plain surface.
 */
function roundFilter(weights: Float32Array, scale: number, keepSum: boolean, most: number): Int8Array {
  const exact = Float64Array.from(weights, (value) => value / scale);
  const rounded = Int8Array.from(exact, (value) => clamp(roundHalfEven(value), -most, most));
  if (!keepSum) return rounded;
  const residual = (i: number): number => (exact[i] ?? 0) - (rounded[i] ?? 0);
  const sum = (numbers: ArrayLike<number>): number =>
    Array.from(numbers).reduce((total, value) => total + value, 0);
  for (let missing = roundHalfEven(sum(exact) - sum(rounded)); missing !== 0; missing -= Math.sign(missing)) {
    const step = Math.sign(missing);
    const order = [...rounded.keys()].filter((i) => Math.abs((rounded[i] ?? 0) + step) <= most);
    const best = order.reduce((a, b) => (step * residual(b) > step * residual(a) ? b : a));
    rounded[best] = (rounded[best] ?? 0) + step;
  }
  return rounded;
}

/** Quantises weights and biases, each filter with a scale of its own. */
export function quantizeWeights(
  weights: Float32Array,
  bias: Float32Array,
  inputScale: number,
  keepSum: boolean,
  bits: WeightBits,
): IntegerWeights {
  const most = largestWeight[bits];
  const filters = bias.length;
  const size = weights.length / filters;
  const scales = new Float32Array(filters);
  const integers = new Int8Array(weights.length);
  for (let filter = 0; filter < filters; filter += 1) {
    const own = weights.subarray(filter * size, (filter + 1) * size);
    const scale = filterScale(own, bias[filter] ?? 0, inputScale, most);
    scales[filter] = scale;
    integers.set(roundFilter(own, scale, keepSum, most), filter * size);
  }
  const biasScale = scales.map((scale) => scale * inputScale);
  return {
    weight: integers,
    weightScale: scales,
    bias: Int32Array.from(bias, (value, filter) => roundHalfEven(value / (biasScale[filter] ?? 1))),
    biasScale,
  };
}

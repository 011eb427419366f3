// The weights of PIL's resampling, bit for bit (`precompute_coeffs` and `normalize_coeffs_8bpc`, Pillow 13).
import type { Filter } from './preprocessing-plan.ts';

interface Kernel {
  /** Distance from the centre beyond which the weight is zero, in pixels of the coarser grid. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys' cubic convolution with a = -0.5, as in PIL. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

const kernels: Readonly<Record<Filter, Kernel>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * The filter taps of a line: output `i` is the sum of the `count[i]` pixels from `first[i]` on, times the weights (22-bit
 * fixed point) from `i * stride` on.
 */
export interface Taps {
  readonly outputs: number;
  readonly stride: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

/** Fractional bits of a weight. */
export const precision = 22;

const toFixed = (weight: number): number => Math.trunc(weight * 2 ** precision + (weight < 0 ? -0.5 : 0.5));

/** Writes the weights of the pixels from `first` to before `end` for an output that is centred on `centre`. */
function writeWeights(
  weights: Int32Array,
  kernel: Kernel,
  { first, end, centre, stretch }: { first: number; end: number; centre: number; stretch: number },
): void {
  const exact = Float64Array.from({ length: end - first }, (_, i) =>
    // Not divided: PIL multiplies by the reciprocal, and the last bit shows.
    kernel.weight((i + first - centre + 0.5) * (1 / stretch)),
  );
  const total = exact.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of exact.entries()) weights[i] = toFixed(total === 0 ? weight : weight / total);
}

/** Returns the taps of outputs `from` to `from + outputs - 1` of a line of `inputs` pixels that is resampled to `of` pixels. */
export function tapsOfLine(inputs: number, of: number, from: number, outputs: number, filter: Filter): Taps {
  const kernel = kernels[filter];
  const scale = inputs / of;
  const stretch = Math.max(scale, 1);
  const reach = kernel.support * stretch;
  const stride = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Int32Array(outputs * stride);
  for (let i = 0; i < outputs; i++) {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(inputs, Math.trunc(centre + reach + 0.5));
    writeWeights(weights.subarray(i * stride), kernel, { first: start, end, centre, stretch });
    first[i] = start;
    count[i] = end - start;
  }
  return { outputs, stride, first, count, weights };
}

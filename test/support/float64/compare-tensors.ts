import { at, forEachIndex } from './tensor.ts';

/** A tensor of whatever array of numbers. */
export interface NumberTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A number may be off by `absolute + relative * |expected|`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** How far off a number is, in units of what is allowed: up to 1 is right. NaN and infinities equal themselves only. */
function excess(actual: number, expected: number, { relative, absolute }: Tolerance): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const difference = Math.abs(actual - expected);
  if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
  return difference / (absolute + relative * Math.abs(expected));
}

/**
 * Undefined when two tensors have one shape and equal numbers within the tolerance; otherwise a sentence that says how
 * the shapes differ, or which number is the furthest off and how many are.
 */
export function compareTensors(
  actual: NumberTensor,
  expected: NumberTensor,
  tolerance: Tolerance,
): string | undefined {
  const lengths = `${actual.data.length} and ${expected.data.length} numbers`;
  if (actual.dims.join() !== expected.dims.join() || actual.data.length !== expected.data.length)
    return `the shape is [${actual.dims}], expected [${expected.dims}] (${lengths})`;
  let [worst, off, message] = [1, 0, ''];
  forEachIndex(expected.dims, (index, position) => {
    const [a, e] = [at(actual.data, position), at(expected.data, position)];
    const times = excess(a, e, tolerance);
    if (times > 1) off += 1;
    if (times <= worst) return;
    worst = times;
    message = `[${index}] is ${a}, expected ${e}: ${times.toPrecision(3)} times what is allowed`;
  });
  return off === 0 ? undefined : `${message}; ${off} of ${expected.data.length} numbers are off`;
}

import { squaredNorm } from '../metric.ts';

/** Throws a RangeError unless the label is a safe integer from 0. */
export function checkLabel(label: number): void {
  if (!Number.isSafeInteger(label) || label < 0)
    throw new RangeError(`a label must be a safe integer from 0, not ${label}`);
}

/** Throws a RangeError when the vector's length is not the dimension. */
export function checkDimension(vector: Float32Array, dimension: number): void {
  if (vector.length !== dimension)
    throw new RangeError(`the vector must have ${dimension} numbers, not ${vector.length}`);
}

/** Throws a RangeError unless the vector is `float32[dimension]` of finite numbers. */
export function checkVector(vector: Float32Array, dimension: number): void {
  checkDimension(vector, dimension);
  if (!Number.isFinite(squaredNorm(vector))) throw new RangeError('the vector must hold finite numbers only');
}

/** Throws a RangeError, which names the option, unless the value is a positive integer. */
export function checkPositive(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} must be a positive integer, not ${value}`);
}

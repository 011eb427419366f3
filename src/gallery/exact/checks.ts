import { squaredNorm } from './distance.ts';

/** Throws a RangeError unless the sequence number is a safe integer from 0. */
export function checkSequence(sequence: number): void {
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw new RangeError(`a sequence must be a safe integer from 0, not ${sequence}`);
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

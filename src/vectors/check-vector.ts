import { squaredNorm } from './distance.ts';

/**
 * Checks the length of a vector.
 * @throws RangeError if `vector` does not have `dimension` numbers.
 */
export function checkDimension(vector: Float32Array, dimension: number): void {
  if (vector.length !== dimension)
    throw new RangeError(`vector must have ${dimension} numbers, not ${vector.length}.`);
}

/**
 * Checks that a vector is `float32[dimension]` of finite numbers.
 * @throws RangeError if it is not.
 */
export function checkFiniteVector(vector: Float32Array, dimension: number): void {
  checkDimension(vector, dimension);
  if (!Number.isFinite(squaredNorm(vector))) throw new RangeError('vector must hold finite numbers only.');
}

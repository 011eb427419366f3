import { checkNumber, checkWhole } from '../arguments.ts';
import { maxQueryParts } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type MetricChoice, metricOf } from '../vectors/index.ts';

/** A vector of a query that is made of several. */
export interface WeightedVector {
  /** `float32[D]`. */
  readonly vector: Float32Array;
  /** Above 0 for "like this", below 0 for "not like this"; not 0, at most 1,000 in size. Default 1. */
  readonly weight?: number | undefined;
}

/** A sum that is shorter than this share of what was added is the rounding of its vectors, which points anywhere. */
const leastShare = 1e-4;

/**
 * Makes one query of several weighted vectors, in float64. Under `cosine` it is the sum of `weight · v / ‖v‖`, divided by its
 * length. Under `l2` it is the mean `Σ weight · v / Σ weight`, so that the nearest items are those of the least
 * `Σ weight · ‖x - v‖²`.
 * @throws SnapshelfError `query-invalid` if the vectors cancel out (`cosine`) or the weights do (`l2`), and under a metric of
 * probabilities, where a mean of softmax vectors is that of no picture.
 * @throws SnapshelfError `vector-invalid` for a vector without direction under `cosine`, and for numbers that are not finite.
 * @throws RangeError for another number of vectors than 1 to 16, a weight out of range, or lengths that differ.
 */
export function combineVectors(parts: readonly WeightedVector[], { metric }: MetricChoice): Float32Array {
  checkWhole('parts.length', parts.length, { from: 1, to: maxQueryParts });
  const [first] = parts;
  const dimension = first?.vector.length ?? 0;
  parts.forEach(({ weight = 1, vector }, i) => {
    checkNumber(`parts[${i}].weight`, weight, { from: -1000, to: 1000 });
    if (weight === 0)
      throw new RangeError(`parts[${i}].weight must not be 0. Leave the part out, or weight it.`);
    if (vector.length !== dimension)
      throw new RangeError(`parts[${i}].vector must have ${dimension} numbers, not ${vector.length}.`);
  });
  if (metricOf(metric).vectors === 'probabilities')
    throw new SnapshelfError(
      'query-invalid',
      `A collection of the metric ${metric} takes one picture, item or vector per query, not several with weights. Search with each of them.`,
      { details: { metric } },
    );
  return metric === 'cosine' ? sumOfUnits(parts, dimension) : weightedMean(parts, dimension);
}

const sizeOf = (parts: readonly WeightedVector[]): number =>
  parts.reduce((sum, { weight = 1 }) => sum + Math.abs(weight), 0);

function normOf(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}

function addTo(sum: Float64Array, vector: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + factor * (vector[i] as number);
}

function sumOfUnits(parts: readonly WeightedVector[], dimension: number): Float32Array {
  const sum = new Float64Array(dimension);
  for (const [i, { vector, weight = 1 }] of parts.entries()) {
    const norm = normOf(vector);
    if (!(norm > 0 && norm < Number.POSITIVE_INFINITY))
      throw new SnapshelfError(
        'vector-invalid',
        `Part ${i + 1} of the query has ${norm === 0 ? 'a vector of zeros, which has no direction' : 'a vector with a number that is not finite'}. Leave it out.`,
      );
    addTo(sum, vector, weight / norm);
  }
  const norm = normOf(sum);
  if (norm <= leastShare * sizeOf(parts))
    throw cancelled('The pictures of the query cancel out: what is to be like is what is not to be like.');
  return Float32Array.from(sum, (value) => value / norm);
}

function weightedMean(parts: readonly WeightedVector[], dimension: number): Float32Array {
  const total = parts.reduce((sum, { weight = 1 }) => sum + weight, 0);
  if (total <= leastShare * sizeOf(parts))
    throw cancelled(
      `The weights of the query have the sum ${total}, but under l2 it must be above 0: nothing would be nearest.`,
    );
  const sum = new Float64Array(dimension);
  for (const { vector, weight = 1 } of parts) addTo(sum, vector, weight / total);
  return Float32Array.from(sum);
}

const cancelled = (message: string): SnapshelfError =>
  new SnapshelfError('query-invalid', `${message} Give those to find larger weights.`);

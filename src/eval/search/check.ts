import { SnapshelfError } from '../../errors.ts';
import type { LabelledVectors } from '../types.ts';

/** More rows than this do not fit beside a distance in the 53 bits of the keys that are sorted. */
export const mostRows: number = 2 ** 22;

/** Throws a RangeError, which names the option, unless the value is a positive integer. */
export function checkPositive(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} must be a positive integer, not ${value}`);
}

/** Throws a RangeError when a set of vectors, called `name`, is empty or contradicts itself in its sizes. */
export function checkSizes(name: string, { vectors, dimension, ids, labels }: LabelledVectors): void {
  checkPositive(`the dimension of the ${name} vectors`, dimension);
  if (ids.length === 0) throw new RangeError(`there are no ${name} vectors`);
  if (ids.length > mostRows) throw new RangeError(`${ids.length} ${name} vectors are more than ${mostRows}`);
  if (vectors.length !== ids.length * dimension)
    throw new RangeError(
      `${vectors.length} numbers are not ${ids.length} ${name} vectors of dimension ${dimension}`,
    );
  if (labels.length !== ids.length)
    throw new RangeError(`there are ${labels.length} labels for ${ids.length} ${name} vectors`);
}

/** Throws `dimension-mismatch`, or in self-retrieval a RangeError, when the two sets do not belong together. */
export function checkPair(query: LabelledVectors, gallery: LabelledVectors, self: boolean): void {
  if (query.dimension !== gallery.dimension)
    throw new SnapshelfError(
      'dimension-mismatch',
      `query vectors have ${query.dimension} numbers, gallery vectors ${gallery.dimension}`,
    );
  if (!self || query === gallery) return;
  const row = query.ids.findIndex((id, at) => gallery.ids[at] !== id);
  if (row >= 0 || query.ids.length !== gallery.ids.length)
    throw new RangeError(
      `in self-retrieval the gallery is the queries, but row ${row < 0 ? query.ids.length : row} differs`,
    );
}

/** The error of a row that cannot be compared. */
export function refusal(name: string, { ids }: LabelledVectors, row: number, why: string): SnapshelfError {
  const id = ids[row];
  return new SnapshelfError('vector-invalid', `The ${name} vector in row ${row} ("${id}") ${why}.`, {
    details: { row, id },
  });
}

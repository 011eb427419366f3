import { checkWhole } from '../../arguments.ts';
import { SnapshelfError } from '../../errors.ts';
import type { LabelledVectors } from '../types.ts';

/** Most rows of a set: more do not fit beside a distance in the 53 bits of the keys that are sorted. */
const mostRows = 2 ** 22;

/**
 * Checks that a set of vectors, called `name`, is not empty and that its sizes agree.
 * @throws RangeError
 */
export function checkSizes(name: string, { vectors, dimension, ids, labels }: LabelledVectors): void {
  checkWhole(`${name}.dimension`, dimension, { from: 1 });
  if (ids.length === 0) throw new RangeError(`There are no ${name} vectors.`);
  if (ids.length > mostRows)
    throw new RangeError(`There are ${ids.length} ${name} vectors, but at most ${mostRows} can be compared.`);
  if (vectors.length !== ids.length * dimension)
    throw new RangeError(
      `${vectors.length} numbers are not ${ids.length} ${name} vectors of dimension ${dimension}.`,
    );
  if (labels.length !== ids.length)
    throw new RangeError(
      `There must be one label for each of ${ids.length} ${name} vectors, not ${labels.length}.`,
    );
}

/**
 * Checks that two sets belong together.
 * @param self Whether it is self-retrieval, in which the gallery is the queries.
 * @throws SnapshelfError `dimension-mismatch`
 * @throws RangeError In self-retrieval, if the sets differ.
 */
export function checkPair(query: LabelledVectors, gallery: LabelledVectors, self: boolean): void {
  if (query.dimension !== gallery.dimension)
    throw new SnapshelfError(
      'dimension-mismatch',
      `Query vectors have ${query.dimension} numbers, gallery vectors ${gallery.dimension}.`,
    );
  if (!self || query === gallery) return;
  const row = query.ids.findIndex((id, at) => gallery.ids[at] !== id);
  if (row >= 0 || query.ids.length !== gallery.ids.length)
    throw new RangeError(
      `In self-retrieval the gallery is the queries, but row ${row < 0 ? query.ids.length : row} differs.`,
    );
}

/** Makes the error of a row that cannot be compared. */
export function invalidVector(
  name: string,
  { ids }: LabelledVectors,
  row: number,
  why: string,
): SnapshelfError {
  const id = ids[row];
  return new SnapshelfError('vector-invalid', `The ${name} vector in row ${row} ("${id}") ${why}.`, {
    details: { row, id },
  });
}

import { checkWhole } from '../arguments.ts';
import { SnapshelfError } from '../errors.ts';
import type { NamedVectors } from '../vectors/index.ts';

/** Most rows of a set: more do not fit beside a distance in the 53 bits of the keys that are sorted. */
const mostRows = 2 ** 22;

/**
 * Checks that a set of vectors, called `name`, is not empty, that its sizes agree, and that its ids ascend.
 * @throws RangeError
 */
export function checkSet(name: string, { vectors, dimension, ids }: NamedVectors): void {
  checkWhole(`${name}.dimension`, dimension, { from: 1 });
  if (ids.length === 0) throw new RangeError(`There are no ${name} vectors.`);
  if (ids.length > mostRows)
    throw new RangeError(`There are ${ids.length} ${name} vectors, but at most ${mostRows} can be compared.`);
  if (vectors.length !== ids.length * dimension)
    throw new RangeError(
      `${vectors.length} numbers are not ${ids.length} ${name} vectors of dimension ${dimension}.`,
    );
  const row = ids.findIndex((id, at) => at > 0 && !((ids[at - 1] as string) < id));
  if (row >= 0)
    throw new RangeError(
      `${name}.ids must ascend, each once, because equal distances are ranked by id: ${JSON.stringify(ids[row])} in row ${row} comes after ${JSON.stringify(ids[row - 1])}.`,
    );
}

/**
 * Checks that two sets can be compared.
 * @throws SnapshelfError `dimension-mismatch`
 */
export function checkDimensions(queries: NamedVectors, gallery: NamedVectors): void {
  if (queries.dimension !== gallery.dimension)
    throw new SnapshelfError(
      'dimension-mismatch',
      `Query vectors have ${queries.dimension} numbers, gallery vectors ${gallery.dimension}.`,
    );
}

/** Makes the error of a row that cannot be compared. */
export function invalidVector(name: string, { ids }: NamedVectors, row: number, why: string): SnapshelfError {
  const id = ids[row];
  return new SnapshelfError('vector-invalid', `The ${name} vector in row ${row} ("${id}") ${why}.`, {
    details: { row, id },
  });
}

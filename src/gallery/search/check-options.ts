import { checkNumber, checkWhole } from '../../arguments.ts';
import { checkItemId } from '../checks/validate.ts';
import type { SearchOptions } from '../search-types.ts';
import { maxQueryParts } from './combine-vectors.ts';
import { checkSort } from './tie-order.ts';

/** The ids that a caller may leave out, and those of the query's own items. */
const maxExcluded = 1000 + maxQueryParts;

/** Checks the options of a search. @throws RangeError or TypeError; SnapshelfError `id-invalid`, `filter-invalid`. */
export function checkOptions({
  k,
  ef,
  group,
  minScore,
  exclude,
  excludeProducts,
  sort,
}: SearchOptions): void {
  if (k !== undefined) checkWhole('k', k, { from: 1, to: 1000 });
  if (ef !== undefined) checkWhole('ef', ef, { from: 1, to: 10_000 });
  if (group !== undefined && group !== 'product' && group !== 'item')
    throw new RangeError(`group must be 'product' or 'item', not ${JSON.stringify(group)}.`);
  if (minScore !== undefined) checkNumber('minScore', minScore);
  if (exclude !== undefined) checkWhole('exclude.length', exclude.length, { from: 0, to: maxExcluded });
  exclude?.forEach(checkItemId);
  if (excludeProducts !== undefined)
    checkWhole('excludeProducts.length', excludeProducts.length, { from: 0, to: maxExcluded });
  if (sort !== undefined) checkSort(sort);
}

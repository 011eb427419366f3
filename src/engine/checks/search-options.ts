import { checkNumber, checkWhole } from '../../arguments.ts';
import type { SearchOptions, SortField } from '../search-types.ts';
import { checkItemId } from './validate.ts';

/** Most vectors of one query. */
export const maxQueryParts = 16;
/** The ids that a caller may leave out, and those of the query's own items. */
const maxExcluded = 1000 + maxQueryParts;
/** Fields of one order. */
const maxSortFields = 4;

/** Checks the options of a search that do not depend on the collection. @throws RangeError or TypeError; SnapshelfError `id-invalid`. */
export function checkSearchOptions(options: SearchOptions): void {
  const { k, ef, group, minScore, exclude, excludeProducts, sort } = options;
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

function checkSort(sort: readonly SortField[]): void {
  checkWhole('sort.length', sort.length, { from: 0, to: maxSortFields });
  for (const { order = 'asc' } of sort)
    if (order !== 'asc' && order !== 'desc')
      throw new RangeError(`order must be 'asc' or 'desc', not ${JSON.stringify(order)}.`);
}

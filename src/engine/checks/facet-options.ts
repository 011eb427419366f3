import { checkWhole } from '../../arguments.ts';
import { shown } from '../../json/index.ts';
import type { FacetField, FacetsOptions } from '../facet-types.ts';

/** Fields that are counted at once. */
export const maxFacets = 20;
/** Values that are named of a field. */
export const maxFacetValues = 1000;
/** Ranges of a field, or bounds between them. */
export const maxFacetRanges = 100;

/** Checks the options of facets that do not depend on the collection. @throws RangeError or TypeError. */
export function checkFacetsOptions({ fields, group, near }: FacetsOptions): void {
  checkWhole('fields.length', fields.length, { from: 1, to: maxFacets });
  fields.forEach(checkFacet);
  if (group !== undefined && group !== 'product' && group !== 'item')
    throw new RangeError(`group must be 'product' or 'item', not ${JSON.stringify(group)}.`);
  if (near !== undefined) checkWhole('near.k', near.k, { from: 1, to: 1000 });
}

function checkFacet({ limit, ranges }: FacetField): void {
  if (limit !== undefined) checkWhole('limit', limit, { from: 1, to: maxFacetValues });
  if (typeof ranges === 'number') checkWhole('ranges', ranges, { from: 1, to: maxFacetRanges });
  if (typeof ranges !== 'object') return;
  checkWhole('ranges.length', ranges.length, { from: 1, to: maxFacetRanges });
  const isRising = ranges.every(
    (bound, i) => Number.isFinite(bound) && bound > (ranges[i - 1] ?? Number.NEGATIVE_INFINITY),
  );
  if (!isRising) throw new RangeError(`ranges must be rising numbers, not ${shown(ranges)}.`);
}

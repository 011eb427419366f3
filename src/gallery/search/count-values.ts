import {
  checkFacetsOptions,
  type Facet,
  type FacetsAnswer,
  type FacetsOptions,
  type FilterField,
  fieldOf,
  type SearchAnswer,
  type SearchOptions,
} from '../../engine/index.ts';
import type { Sliced } from '../../threads/index.ts';
import { countFacet } from '../columns/count-facets.ts';
import { CountedRows } from '../columns/counted-rows.ts';
import { Bitmap } from '../memory/bitmap.ts';
import type { CollectionMemory } from '../memory/collection-memory.ts';

/** Finds the nearest of a query. */
type Search = (vector: Float32Array, options: SearchOptions) => Sliced<SearchAnswer>;

/**
 * Counts values of fields; see `Engine.facets`.
 * @throws SnapshelfError `filter-invalid`, and what a search throws; RangeError or TypeError for options that are not accepted.
 */
export function* countValues(
  memory: CollectionMemory,
  options: FacetsOptions,
  search: Search,
): Sliced<FacetsAnswer> {
  checkFacetsOptions(options);
  const { fields, filter, group = 'product', near } = options;
  const named = new Map<string, FilterField>(fields.map(({ field }) => [field, fieldOf(field)]));
  // An answer of a search stands for its product.
  const byProduct = group === 'product' && near === undefined;
  if (byProduct) named.set('productId', fieldOf('productId'));
  // Before rows are chosen: an item that is replaced while columns are made has no value in its old row.
  yield* memory.columns.of(named);
  const rows =
    near === undefined ? yield* memory.matching(filter) : yield* nearestRows(memory, options, search);
  const columns = yield* memory.columns.of(named);
  const counted = new CountedRows(rows, byProduct ? columns.get('productId') : undefined);
  yield;
  const counts: Facet[] = [];
  for (const field of fields) {
    const column = columns.get(field.field);
    if (column !== undefined) counts.push(countFacet(field, column, counted));
    yield;
  }
  return { fields: counts, total: counted.total };
}

function* nearestRows(
  memory: CollectionMemory,
  { near, filter, group }: FacetsOptions,
  search: Search,
): Sliced<Bitmap> {
  const { table } = memory.rows;
  const rows = new Set<number>();
  const { vector = new Float32Array(), k = 0, ...others } = near ?? {};
  // A page of a search ends early where its metadata is large.
  for (let after: string | undefined; ; ) {
    const page = yield* search(vector, { ...others, k: k - rows.size, filter, group, after });
    for (const { item } of page.hits) {
      const row = table.rowOf(item.sequence);
      if (row !== undefined) rows.add(row);
    }
    if (page.next === null || rows.size >= k) break;
    after = page.next;
  }
  return Bitmap.of(table.length, rows);
}

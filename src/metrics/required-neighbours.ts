import type { Labelled } from './labelled.ts';
import { type Relevance, relevanceByLabel } from './relevance.ts';

const pairOf = (label: number, hash: string): string => `${label} ${hash}`;

/**
 * Decides which items a ranking must include one of, whatever its depth: a relevant item that is not a picture identical to the
 * query's if there is one, otherwise a relevant item.
 */
export class RequiredNeighbours {
  readonly #relevance: Relevance;
  readonly #rowsOf: readonly number[][];
  readonly #queryHashes: readonly string[];
  readonly #galleryHashes: readonly string[];
  readonly #itemsOf = new Map<string, number>();

  /** @param gallery Undefined: each query is searched among all the others. */
  constructor(query: Labelled, gallery: Labelled | undefined) {
    this.#relevance = relevanceByLabel(query.labels, gallery?.labels);
    this.#queryHashes = query.hashes ?? [];
    this.#galleryHashes = (gallery ?? query).hashes ?? [];
    this.#rowsOf = Array.from(this.#relevance.galleryItems, () => []);
    for (const [row, label] of this.#relevance.gallery.entries()) {
      this.#rowsOf[label]?.push(row);
      const pair = pairOf(label, this.#galleryHashes[row] ?? '');
      this.#itemsOf.set(pair, (this.#itemsOf.get(pair) ?? 0) + 1);
    }
  }

  /**
   * Returns a test of a row of the gallery: the ranking of `query` must include a row that passes it. Returns undefined
   * if the query has no relevant item.
   */
  mustInclude(query: number): ((row: number) => boolean) | undefined {
    const label = this.#relevance.query[query] ?? 0;
    const own = this.#relevance.self ? 1 : 0;
    const relevant = (this.#relevance.galleryItems[label] ?? 0) - own;
    if (relevant === 0) return undefined;
    const hash = this.#queryHashes[query] ?? '';
    const identical = hash === '' ? 0 : (this.#itemsOf.get(pairOf(label, hash)) ?? own) - own;
    const others = identical > 0 && relevant > identical;
    return (row) =>
      this.#relevance.gallery[row] === label &&
      !(own === 1 && row === query) &&
      !(others && this.#galleryHashes[row] === hash);
  }

  /** The rows that pass the test of a query, ascending. */
  rowsFor(query: number): number[] {
    const test = this.mustInclude(query);
    const rows = this.#rowsOf[this.#relevance.query[query] ?? 0] ?? [];
    return test === undefined ? [] : rows.filter(test);
  }
}

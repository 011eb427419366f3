import { type Relevance, relevanceByLabel } from '../metrics/index.ts';
import type { LabelledVectors } from '../types.ts';

const pairOf = (label: number, hash: string): string => `${label} ${hash}`;

/**
 * Which items a ranking has to reach one of, whatever the depth: the relevant ones that are no picture identical to the
 * query's, where there is one, else the relevant ones.
 */
export class Reach {
  readonly #relevance: Relevance;
  readonly #rowsOf: readonly number[][];
  readonly #queryHashes: readonly string[];
  readonly #galleryHashes: readonly string[];
  readonly #itemsOf = new Map<string, number>();

  constructor(query: LabelledVectors, gallery: LabelledVectors, self: boolean) {
    this.#relevance = relevanceByLabel(query.labels, self ? undefined : gallery.labels);
    [this.#queryHashes, this.#galleryHashes] = [query.hashes ?? [], gallery.hashes ?? []];
    this.#rowsOf = Array.from(this.#relevance.galleryItems, () => []);
    for (const [row, label] of this.#relevance.gallery.entries()) {
      this.#rowsOf[label]?.push(row);
      const pair = pairOf(label, this.#galleryHashes[row] ?? '');
      this.#itemsOf.set(pair, (this.#itemsOf.get(pair) ?? 0) + 1);
    }
  }

  /** The test of an item's row for one query; undefined for a query without a relevant item. */
  testFor(query: number): ((row: number) => boolean) | undefined {
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

  /** The rows that the test accepts, ascending. */
  rowsFor(query: number): number[] {
    const test = this.testFor(query);
    const rows = this.#rowsOf[this.#relevance.query[query] ?? 0] ?? [];
    return test === undefined ? [] : rows.filter(test);
  }
}

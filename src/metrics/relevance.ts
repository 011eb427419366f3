import type { MeasureList } from './measures.ts';

/** The relevance of gallery items to queries: an item is relevant if it has the label of the query. */
export interface Relevance {
  /** Self-retrieval: the gallery is the queries, row by row, and no query counts for itself. */
  readonly self: boolean;
  /** Number of the label of each query. */
  readonly query: Uint32Array;
  /** Number of the label of each gallery item. */
  readonly gallery: Uint32Array;
  /** Gallery items per label, by its number. */
  readonly galleryItems: Uint32Array;
}

/** Derives relevance from labels. Without `galleryLabels`, each query is searched among all the others. */
export function relevanceByLabel(
  queryLabels: readonly string[],
  galleryLabels?: readonly string[],
): Relevance {
  const numbers = new Map<string, number>();
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  };
  const query = Uint32Array.from(queryLabels, numberOf);
  const gallery = galleryLabels === undefined ? query : Uint32Array.from(galleryLabels, numberOf);
  const galleryItems = new Uint32Array(numbers.size);
  for (const number of gallery) galleryItems[number] = (galleryItems[number] ?? 0) + 1;
  return { self: galleryLabels === undefined, query, gallery, galleryItems };
}

/**
 * Counts the gallery items that are relevant to the query in row `query`, without itself: R.
 * @throws RangeError If there is no such row.
 */
export function relevantTo({ self, query: labels, galleryItems }: Relevance, query: number): number {
  const label = labels[query];
  if (label === undefined) throw new RangeError(`There is no query in row ${query}.`);
  return (galleryItems[label] ?? 0) - (self ? 1 : 0);
}

/**
 * Computes how many neighbours per query, without itself, the measures need: the largest K or R. It is one more in
 * self-retrieval, where drop-first may keep the query as one more relevant item, and never more than there are.
 * @param leaving How many neighbours are to leave a ranking afterwards. Default 0.
 */
export function depthNeeded(relevance: Relevance, list: MeasureList, leaving = 0): number {
  const own = relevance.self ? 1 : 0;
  let most = list.deepest;
  for (let query = 0; query < relevance.query.length; query += 1)
    most = Math.max(most, relevantTo(relevance, query));
  return Math.min(most + own + leaving, relevance.gallery.length - own);
}

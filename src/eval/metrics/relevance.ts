import type { FigurePlan } from './figures.ts';

/** Which gallery items are relevant to which query: those of its label. */
export interface Relevance {
  /** Self-retrieval: the gallery is the queries, row by row, and no query counts for itself. */
  readonly self: boolean;
  /** A number for the label of each query. */
  readonly query: Uint32Array;
  /** The same of each gallery item. */
  readonly gallery: Uint32Array;
  /** By such a number, how many gallery items have the label. */
  readonly galleryItems: Uint32Array;
}

/** Relevance by label. Without `galleryLabels`, each query is searched among all the others. */
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

/** R: how many gallery items are relevant to the query in row `query`, itself never counted. */
export function relevantTo({ self, query: labels, galleryItems }: Relevance, query: number): number {
  const label = labels[query];
  if (label === undefined) throw new RangeError(`there is no query in row ${query}`);
  return (galleryItems[label] ?? 0) - (self ? 1 : 0);
}

/**
 * How many neighbours of every query (itself left out) the figures need: the largest K or R, one more in self-retrieval,
 * where drop-first may keep the query as a relevant item more, and `leaving` more where so many are to leave a ranking
 * afterwards; never more than there are.
 */
export function depthNeeded(relevance: Relevance, plan: FigurePlan, leaving = 0): number {
  const own = relevance.self ? 1 : 0;
  let most = plan.deepest;
  for (let query = 0; query < relevance.query.length; query += 1)
    most = Math.max(most, relevantTo(relevance, query));
  return Math.min(most + own + leaving, relevance.gallery.length - own);
}

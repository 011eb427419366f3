import { knn } from '../../knn/index.ts';
import { recallAt, relevanceByLabel } from '../../metrics/index.ts';
import { type NamedVectors, orderById } from '../../vectors/index.ts';
import type { Labelled } from '../features.ts';

/** Those at some places. */
export const pick = ({ rows, paths, labels }: Labelled, places: readonly number[]): Labelled => ({
  rows: places.map((place) => rows[place] as Float32Array),
  paths: places.map((place) => paths[place] as string),
  labels: places.map((place) => labels[place] as string),
});

/** The first `length` numbers of each feature. */
function shortened({ rows, paths }: Labelled, length: number): NamedVectors {
  const vectors = new Float32Array(rows.length * length);
  for (const [at, row] of rows.entries()) vectors.set(row.subarray(0, length), at * length);
  return { vectors, dimension: length, ids: paths };
}

/**
 * Returns Recall@1 by cosine over the first numbers of each feature, for several lengths, by the rules of an evaluation.
 * NaN if no query has a picture of its label in the gallery.
 * @throws SnapshelfError `vector-invalid` for a feature that is not finite
 */
export async function recallByLength(
  gallery: Labelled,
  queries: Labelled,
  lengths: readonly number[],
): Promise<number[]> {
  const found = pick(gallery, orderById(gallery.paths));
  const asked = pick(queries, orderById(queries.paths));
  const relevance = relevanceByLabel(asked.labels, found.labels);
  const shares: number[] = [];
  for (const length of lengths) {
    const rankings = knn(shortened(asked, length), shortened(found, length), {
      k: 1,
      distance: 'cosine',
      provider: 'cpu',
    });
    const {
      shares: [share = Number.NaN],
    } = await recallAt(rankings, relevance, [1]);
    shares.push(share);
  }
  return shares;
}

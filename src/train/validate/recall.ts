import type { Sample } from '../../datasets/index.ts';
import { type KnnOptions, knn } from '../../knn/index.ts';
import { recallAt, relevanceByLabel } from '../../metrics/index.ts';

/** Pictures in the order of their ids, and their embeddings one after the other, `float32[N,D]`. */
export interface Embedded {
  readonly samples: readonly Sample[];
  readonly vectors: Float32Array;
}

const named = ({ samples, vectors }: Embedded) => ({
  vectors,
  dimension: vectors.length / samples.length,
  ids: samples.map(({ id }) => id),
});

const labelsOf = ({ samples }: Embedded): string[] => samples.map(({ label }) => label);

/**
 * Computes Recall@1 by the rules of an evaluation: the share (0 to 1) of queries whose nearest gallery picture has their
 * label, over the queries that have another picture of their label in the gallery; 0 if there is none.
 * @param gallery Null: each query is searched among all the others.
 * @throws SnapshelfError `vector-invalid` for an embedding that is not finite; the reason of the signal once it is aborted.
 */
export async function recallAt1(
  queries: Embedded,
  gallery: Embedded | null,
  options: Pick<KnnOptions, 'distance' | 'provider' | 'threads' | 'signal'>,
): Promise<number> {
  if (queries.samples.length === 0 || gallery?.samples.length === 0) return 0;
  const relevance = relevanceByLabel(labelsOf(queries), gallery === null ? undefined : labelsOf(gallery));
  const asked = named(queries);
  const found = gallery === null ? asked : named(gallery);
  const rankings = knn(asked, found, { ...options, k: 1, excludeSelf: gallery === null });
  const { queries: counted, shares } = await recallAt(rankings, relevance, [1]);
  return counted === 0 ? 0 : (shares[0] ?? 0);
}

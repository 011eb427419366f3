import type { Embedding } from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { CropBox } from '../image/index.ts';
import { distanceFrom, type Metric, type MetricChoice, scoreOf } from '../vectors/index.ts';
import type { PartEmbedding } from './embed-part.ts';
import type { CropChoice, EmbedQuery, ModelName } from './types.ts';

/** A picture, or a part of it. */
export interface PictureQuery {
  readonly image: Uint8Array;
  readonly crop?: CropChoice | undefined;
}

/** Options of `Retriever.compare`. */
export interface CompareOptions extends Omit<EmbedQuery, 'crop'> {
  /** `cosine` or `l2`. Default: the metric of the collection that is named, else `cosine`. */
  readonly metric?: 'cosine' | 'l2' | undefined;
}

/** The similarity of two pictures. */
export interface PictureComparison {
  /** cosine: 1 - distance; every other metric: 1 / (1 + distance). Higher is more similar. */
  readonly score: number;
  /** True distance: cosine 0..2, L2 not squared, `weak` and `weak-metric` in nats. */
  readonly distance: number;
  readonly metric: Metric;
  readonly model: ModelName;
  /** True if both pictures are the same bytes. */
  readonly identical: boolean;
  /** The boxes that were found, of pictures with the crop `auto`; null for one without. */
  readonly crops?: readonly [CropBox | null, CropBox | null] | undefined;
  /** Milliseconds of each stage of the picture that took longer. */
  readonly timings: Embedding['timings'];
}

/** A picture's vector, with the model that it is of. */
type ModelEmbedding = PartEmbedding & { readonly model: ModelName };

/**
 * Compares the vectors of two pictures.
 * @throws SnapshelfError `model-mismatch` if the collection was re-indexed while they were embedded.
 */
export function compareEmbeddings(
  a: ModelEmbedding,
  b: ModelEmbedding,
  choice: MetricChoice,
): Omit<PictureComparison, 'identical'> {
  if (a.model.id !== b.model.id)
    throw new SnapshelfError(
      'model-mismatch',
      `The collection was switched from the model ${a.model.name} to ${b.model.name} meanwhile. Compare the pictures again.`,
    );
  const distance = distanceFrom(a.vector, choice)(b.vector, 0);
  const most = (stage: keyof Embedding['timings']): number => Math.max(a.timings[stage], b.timings[stage]);
  return {
    score: scoreOf(choice.metric, distance),
    distance,
    metric: choice.metric,
    model: a.model,
    ...((a.crop ?? b.crop) !== undefined && { crops: [a.crop ?? null, b.crop ?? null] as const }),
    timings: { decodeMs: most('decodeMs'), queueMs: most('queueMs'), inferenceMs: most('inferenceMs') },
  };
}

/** True if two pictures are the same bytes. */
export const areSameBytes = (one: PictureQuery, other: PictureQuery): boolean =>
  Buffer.compare(one.image, other.image) === 0;

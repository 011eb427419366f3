import type { CellEmbedder, Embedding, PictureCells } from '../embed/index.ts';
import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { CropBox } from '../image/index.ts';
import { distanceFrom, type Metric, scoreOf } from '../vectors/index.ts';
import { embedPart, type PartEmbedding } from './embed-part.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import type { CropChoice, ModelName } from './types.ts';

/** The query of an explanation: a picture, or a part of it, or an item of the collection. */
export type ExplainQuery =
  | { readonly image: Uint8Array; readonly crop?: CropChoice | undefined }
  | { readonly itemId: string };

/** The parts of a picture, by how much each speaks for a match. */
export interface HeatMap {
  /** Rows of numbers from 0, the cell that speaks least for the match, to 1, the one that speaks most. */
  readonly rows: readonly (readonly number[])[];
  /** The part of the upright picture that the rows cover, in pixels: what the model saw. It may reach beyond the picture. */
  readonly area: CropBox;
  /** The size of the upright picture in pixels. */
  readonly width: number;
  readonly height: number;
}

/** The explanation of a match. */
export interface MatchExplanation {
  readonly model: ModelName;
  readonly metric: Metric;
  /** The score of the match, as a search answers it. */
  readonly score: number;
  /** The distance of the match, as a search answers it. */
  readonly distance: number;
  /** The map of the query; null if it is an item whose picture is not stored. */
  readonly query: HeatMap | null;
  /** The map of the match; null if its picture is not stored. */
  readonly match: HeatMap | null;
  /** The box that was found, of a query with the crop `auto`. */
  readonly crop?: CropBox | undefined;
  readonly timings: Embedding['timings'];
}

/** The place where a match is explained. */
export interface ExplainPlace {
  readonly gallery: Engine;
  readonly embedders: EmbedderPool;
  readonly collection: string;
  readonly model: ModelName;
  readonly signal: AbortSignal | undefined;
}

/** The vector of one side, and its cells if there is a picture. */
interface Side extends Partial<Pick<PartEmbedding, 'crop' | 'timings'>> {
  readonly vector: Float32Array;
  readonly cells: PictureCells | undefined;
}

/** Reads the picture of an item; undefined if it is not stored. */
async function storedPicture(
  { gallery, collection }: ExplainPlace,
  id: string,
): Promise<Uint8Array | undefined> {
  try {
    return (await gallery.image(collection, id)).bytes;
  } catch (error) {
    if (error instanceof SnapshelfError && error.code === 'image-not-stored') return undefined;
    throw error;
  }
}

async function sideOfItem(place: ExplainPlace, lens: CellEmbedder, id: string): Promise<Side> {
  const { gallery, collection, signal } = place;
  const [vector, image] = await Promise.all([gallery.vector(collection, id), storedPicture(place, id)]);
  return { vector, cells: image && (await lens.look(image, { signal })) };
}

async function sideOfQuery(place: ExplainPlace, lens: CellEmbedder, query: ExplainQuery): Promise<Side> {
  if ('itemId' in query) return sideOfItem(place, lens, query.itemId);
  const { embedders, model, signal } = place;
  const { image, crop: asked } = query;
  const embedded = await embedPart(embedders, await embedders.stored(model.id), image, {
    crop: asked,
    signal,
  });
  const crop = asked === 'auto' ? embedded.crop : asked;
  return { ...embedded, cells: await lens.look(image, { crop, signal }) };
}

/**
 * Makes the map of a picture: what each of its cells adds to the product of both vectors, which is the sum over the cells (Stylianou,
 * Souvenir and Pless 2019, "Visualizing Deep Similarity Networks"), from the least to the most.
 */
function heatOf(
  { rows, columns, features, area, width, height }: PictureCells,
  other: Float32Array,
): HeatMap {
  const products = Array.from({ length: rows * columns }, (_, cell) => {
    const at = cell * other.length;
    return other.reduce((sum, value, i) => sum + value * (features[at + i] as number), 0);
  });
  const least = Math.min(...products);
  const range = Math.max(...products) - least;
  const heat = products.map((product) => (range > 0 ? (product - least) / range : 0));
  const lines = Array.from({ length: rows }, (_, row) => heat.slice(row * columns, (row + 1) * columns));
  return { rows: lines, area, width, height };
}

/** Refuses a model that cannot explain. */
function checkLens(lens: CellEmbedder, { name }: ModelName): void {
  if (lens.hasFeatures) return;
  throw new SnapshelfError(
    'no-feature-map',
    `The embedding of ${name} is not the mean of what it sees in the parts of a picture, as behind a softmax: it cannot say which part speaks for a match.`,
  );
}

/**
 * Tells which parts of a query and of a match speak for the match.
 * @throws SnapshelfError `no-feature-map`, `image-not-stored` if there is no picture of either, `model-mismatch`, else as
 * `Engine.vector` and `Embedder.embed`.
 */
export async function explainMatch(
  place: ExplainPlace,
  query: ExplainQuery,
  matchId: string,
): Promise<MatchExplanation> {
  const { gallery, embedders, collection, model } = place;
  const embedder = await embedders.stored(model.id);
  const lens = await embedders.cells(embedder.info.model);
  checkLens(lens, model);
  const [asked, match] = await Promise.all([
    sideOfQuery(place, lens, query),
    sideOfItem(place, lens, matchId),
  ]);
  if (asked.cells === undefined && match.cells === undefined)
    throw new SnapshelfError(
      'image-not-stored',
      `Neither picture is stored in ${collection}: there is nothing to show which parts are alike. Search by a picture.`,
    );
  const { metric, metricOptions, modelId } = await gallery.info(collection);
  if (modelId !== model.id)
    throw new SnapshelfError(
      'model-mismatch',
      `The model of ${collection} has changed meanwhile. Ask again.`,
    );
  const distance = distanceFrom(asked.vector, { metric, metricOptions })(match.vector, 0);
  const { crop, timings = { decodeMs: 0, queueMs: 0, inferenceMs: 0 } } = asked;
  return {
    model,
    metric,
    score: scoreOf(metric, distance),
    distance,
    query: asked.cells === undefined ? null : heatOf(asked.cells, match.vector),
    match: match.cells === undefined ? null : heatOf(match.cells, asked.vector),
    ...('image' in query && query.crop === 'auto' && { crop }),
    timings,
  };
}

import { checkWhole } from '../arguments.ts';
import type { Embedding } from '../embed/index.ts';
import { type Engine, maxQueryParts, type SearchOptions } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type CropBox, type ImageLimits, readHeader } from '../image/index.ts';
import { combineVectors } from './combine-vectors.ts';
import { embedPart } from './embed-part.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import type { ModelName, Query, QueryPart, RetrieverAnswer } from './types.ts';

const noEmbedding: Embedding['timings'] = { decodeMs: 0, queueMs: 0, inferenceMs: 0 };

/** Most pixels of all pictures of one query: two of the largest pictures. */
const maxQueryPixels = 100_000_000;

/** A query as the gallery takes it. */
export interface VectorQuery {
  readonly vector: Float32Array;
  readonly timings: Embedding['timings'];
  /** The options of the search, with what a query by item leaves out. */
  readonly options: SearchOptions;
  /** The boxes that were found, as of `RetrieverAnswer`. */
  readonly found: Pick<RetrieverAnswer, 'crop' | 'crops'>;
}

/** The place where queries are looked up and embedded. */
export interface QueryPlace {
  readonly gallery: Engine;
  readonly embedders: EmbedderPool;
  readonly collection: string;
  readonly model: ModelName;
  readonly limits: ImageLimits;
}

/** The vector of a part, and the item that it is of. */
interface PartVector extends Pick<VectorQuery, 'vector' | 'timings'> {
  readonly item?: { readonly id: string; readonly productId: string };
  /** The box that was found. */
  readonly crop?: CropBox | undefined;
}

/**
 * Makes the vector of a query. A query by items leaves out the items, and unless it wants them the other items of their
 * products: who asks for more like this does not want the same again.
 * @throws SnapshelfError as `Engine.get`, `Embedder.embed` and `combineVectors`.
 */
export async function toVectorQuery(
  query: Query,
  options: SearchOptions,
  place: QueryPlace,
): Promise<VectorQuery> {
  if (!('parts' in query)) {
    const part = await vectorOf(query, options, place);
    const { vector, timings, crop } = part;
    const found = crop === undefined ? {} : { crop };
    const left = withoutItems([part], options, 'itemId' in query && query.ownProduct);
    return { vector, timings, options: left, found };
  }
  checkWhole('parts.length', query.parts.length, { from: 1, to: maxQueryParts });
  await checkPixels(query.parts, place.limits);
  // A part that fails stops the others.
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const vectors = await Promise.all(
    query.parts.map((part, i) => named(query.parts, i, vectorOf(part, { ...options, signal }, place))),
  ).catch((error: unknown) => {
    stop.abort(error);
    throw error;
  });
  const { metric } = await place.gallery.info(place.collection);
  const weighted = vectors.map(({ vector }, i) => ({ vector, weight: query.parts[i]?.weight }));
  return {
    vector: combineVectors(weighted, { metric }),
    timings: slowest(vectors),
    options: withoutItems(vectors, options, query.ownProduct),
    found: foundIn(query.parts, vectors),
  };
}

async function vectorOf(
  part: QueryPart,
  { signal }: SearchOptions,
  { gallery, embedders, collection, model }: QueryPlace,
): Promise<PartVector> {
  if ('vector' in part) return { vector: part.vector, timings: noEmbedding };
  if ('itemId' in part) {
    const [vector, { id, productId }] = await Promise.all([
      gallery.vector(collection, part.itemId),
      gallery.get(collection, part.itemId),
    ]);
    return { vector, timings: noEmbedding, item: { id, productId } };
  }
  const embedder = await embedders.stored(model.id);
  return embedPart(embedders, embedder, part.image, { crop: part.crop, signal });
}

/** The boxes that were found, one for each picture; nothing if none was asked for. */
function foundIn(parts: readonly QueryPart[], vectors: readonly PartVector[]): VectorQuery['found'] {
  if (vectors.every(({ crop }) => crop === undefined)) return {};
  return { crops: vectors.flatMap(({ crop = null }, i) => ('image' in (parts[i] ?? {}) ? [crop] : [])) };
}

function withoutItems(
  parts: readonly PartVector[],
  options: SearchOptions,
  ownProduct = false,
): SearchOptions {
  const items = parts.flatMap(({ item }) => item ?? []);
  if (items.length === 0) return options;
  const exclude = [...(options.exclude ?? []), ...items.map(({ id }) => id)];
  const products = ownProduct ? [] : items.map(({ productId }) => productId);
  return { ...options, exclude, excludeProducts: [...(options.excludeProducts ?? []), ...products] };
}

/** The milliseconds of each stage of the part that took longest: parts are embedded side by side. */
function slowest(parts: readonly PartVector[]): Embedding['timings'] {
  const most = (stage: keyof Embedding['timings']): number =>
    Math.max(...parts.map(({ timings }) => timings[stage]));
  return { decodeMs: most('decodeMs'), queueMs: most('queueMs'), inferenceMs: most('inferenceMs') };
}

/** Checks pictures by their headers before any is decoded. */
async function checkPixels(parts: readonly QueryPart[], limits: ImageLimits): Promise<void> {
  let pixels = 0;
  for (const [i, part] of parts.entries()) {
    if (!('image' in part)) continue;
    const { width, height } = await named(parts, i, readHeader(part.image, limits));
    pixels += width * height;
    if (pixels > maxQueryPixels)
      throw new SnapshelfError(
        'image-too-many-pixels',
        `The pictures of the query have more than ${maxQueryPixels} pixels together. Send fewer or smaller ones.`,
        { details: { maxPixels: maxQueryPixels } },
      );
  }
}

/** Awaits work about the picture of a part; its error says which of the query's pictures it is about. */
async function named<T>(parts: readonly QueryPart[], at: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const part = parts[at];
    if (!(cause instanceof SnapshelfError) || part === undefined || !('image' in part)) throw cause;
    if (!/^(image|crop)-/.test(cause.code)) throw cause;
    const picture = parts.slice(0, at + 1).filter((one) => 'image' in one).length;
    const details = { ...cause.details, picture };
    throw new SnapshelfError(cause.code, `Picture ${picture} of the query: ${cause.message}`, {
      cause,
      details,
    });
  }
}

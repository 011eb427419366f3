import type { Embedding } from '../embed/index.ts';
import type { Gallery, SearchOptions } from '../gallery/index.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import type { ModelName, Query } from './types.ts';

const noEmbedding: Embedding['timings'] = { decodeMs: 0, queueMs: 0, inferenceMs: 0 };

/** A query as the gallery takes it. */
export interface VectorQuery {
  readonly vector: Float32Array;
  readonly timings: Embedding['timings'];
  /** The options of the search, with what a query by item leaves out. */
  readonly options: SearchOptions;
}

/** The place where queries are looked up and embedded. */
export interface QueryPlace {
  readonly gallery: Gallery;
  readonly embedders: EmbedderPool;
  readonly collection: string;
  readonly model: ModelName;
}

/**
 * Makes the vector of a query. A query by item leaves out the item, and unless it wants them the other items of its product:
 * who asks for more like this does not want the same again.
 * @throws SnapshelfError as `Gallery.get` and `Embedder.embed`.
 */
export async function toVectorQuery(
  query: Query,
  options: SearchOptions,
  { gallery, embedders, collection, model }: QueryPlace,
): Promise<VectorQuery> {
  if ('vector' in query) return { vector: query.vector, timings: noEmbedding, options };
  if ('itemId' in query) {
    const { itemId, ownProduct = false } = query;
    const [vector, { id, productId }] = await Promise.all([
      gallery.vector(collection, itemId),
      gallery.get(collection, itemId),
    ]);
    const exclude = [...(options.exclude ?? []), id];
    const products = [...(options.excludeProducts ?? []), ...(ownProduct ? [] : [productId])];
    return { vector, timings: noEmbedding, options: { ...options, exclude, excludeProducts: products } };
  }
  const embedder = await embedders.stored(model.id);
  const { signal } = options;
  return { ...(await embedder.embed(query.image, { crop: query.crop, signal })), options };
}

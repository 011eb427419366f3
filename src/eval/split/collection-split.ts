import type { Embedder } from '../../embed/index.ts';
import type { Engine, Filter } from '../../engine/index.ts';
import type { StoredPrecision } from '../../engines/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { storedModel } from '../../model/index.ts';
import { type CollectionVectors, embedStored } from '../sources/collection-vectors.ts';
import { givenVectors, type ModelStage, modelStages, type StageVectors } from './model-stages.ts';
import type { SplitSource } from './split-loss.ts';
import { timedPictures, timeEmbedding } from './time-embedding.ts';

/** Options of `splitOfCollection`. */
export interface CollectionSplitOptions {
  /** The data folder, which has the collection's model. */
  readonly data: string;
  /** Path of a float32 model of the same network. */
  readonly reference?: string | undefined;
  /** The filter that users search with. */
  readonly filter?: Filter | undefined;
  /** The precision in which vectors stand in memory. Default `float32`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** Opens a model, with which stored pictures are embedded anew. */
  readonly openEmbedder: (path: string) => Promise<Embedder>;
  /** Pictures in flight at once. From 1, default 32. */
  readonly concurrency?: number | undefined;
  /** Called after every picture that was embedded. */
  readonly onPicture?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Prepares the lines of where recall is lost, of a live collection: of its stored vectors, and, where a line takes another form
 * of the model, of its stored pictures, if it keeps them.
 * @throws RangeError, SnapshelfError as `modelStages`; the reason of the signal.
 * @example
 * ```ts
 * import { Embedder, Gallery } from 'snapshelf';
 * import { evaluate, readCollection, splitOfCollection } from 'snapshelf/evaluate';
 *
 * await using gallery = await Gallery.open('data', { readOnly: true });
 * const { metric, ...input } = await readCollection(gallery, 'shop');
 * const openEmbedder = (path: string) => Embedder.open(path);
 * const splitLoss = await splitOfCollection(gallery, 'shop', { metric, ...input }, { data: 'data', openEmbedder });
 * await evaluate(input, { metrics: [metric], ks: [1, 10], splitLoss });
 * ```
 */
export async function splitOfCollection(
  engine: Engine,
  name: string,
  input: CollectionVectors,
  options: CollectionSplitOptions,
): Promise<SplitSource> {
  const { queries, gallery, metric, metricOptions, products, filter: only } = input;
  const { data, reference, filter, storedPrecision, signal, concurrency, onPicture } = options;
  const total = queries.ids.length + (gallery?.ids.length ?? 0);
  const embed = async (path: string): Promise<StageVectors> => {
    await using embedder = await options.openEmbedder(path);
    let done = 0;
    const how = { signal, concurrency, onPicture: () => onPicture?.(++done, total) };
    const first = queries.ids.slice(0, timedPictures).map((id) => engine.image(name, id));
    const pictures = (await Promise.all(first)).map(({ bytes }) => bytes);
    const anew = await embedStored(embedder, engine, name, queries, how);
    const others = gallery && (await embedStored(embedder, engine, name, gallery, how));
    return { queries: anew, gallery: others, milliseconds: await timeEmbedding(embedder, pictures) };
  };
  return {
    models: await stagesOf(data, input, reference, embed),
    choice: { metric, metricOptions },
    live: { engine, name, data, filter: only },
    factsOf: (id) => ({ productId: products.get(id) }),
    filter,
    storedPrecision,
  };
}

/** Makes the lines of the collection's model; where its file is not there, as of vectors from elsewhere, only vectors are known. */
async function stagesOf(
  data: string,
  { queries, gallery, model }: CollectionVectors,
  reference: string | undefined,
  embed: (path: string) => Promise<StageVectors>,
): Promise<ModelStage[]> {
  const evaluated = { queries, gallery };
  try {
    const { path } = await storedModel(data, model.id);
    return await modelStages({ model: path, reference, evaluated, embed });
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'model-not-found' || reference !== undefined)
      throw error;
    return givenVectors(evaluated, 'float32', 'The model of the collection is not in the data folder.');
  }
}

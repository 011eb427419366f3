import { resolve } from 'node:path';
import { defaultEmbedderOptions, type Embedder, type Embedding, pipeline } from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import {
  type CollectionInfo,
  Gallery,
  type Item,
  type ItemInput,
  type SearchOptions,
} from '../gallery/index.ts';
import { silentLogger } from '../log.ts';
import { type ModelFile, readModelFile } from '../model/index.ts';
import { createCollection } from './create-collection.ts';
import { EmbedderPool, type EmbedderState } from './embedder-pool.ts';
import { type ImportOptions, type ImportReport, type ImportSample, importSamples } from './import-samples.ts';
import { storedModel, storeModel } from './model-store.ts';
import { type AddInput, decodingBudget, type PrepareContext, prepareItem } from './prepare-item.ts';
import { type ReindexOptions, reindexCollection } from './reindex.ts';
import { isItemError, storeItems } from './store-items.ts';
import type {
  AddResult,
  EmbedQuery,
  ModelName,
  NewCollection,
  Query,
  RetrieverAnswer,
  RetrieverOptions,
} from './types.ts';

const noEmbedding: Embedding['timings'] = { decodeMs: 0, queueMs: 0, inferenceMs: 0 };

/**
 * Image search over a data folder: pictures in, products out. It keeps the folder self-sufficient (the model of each
 * collection is copied into it) and opens each model once, when it is first needed.
 * @example
 * await using retriever = await Retriever.open('data', { model: 'models/resnet50.onnx' });
 * await retriever.createCollection('shop');
 * await retriever.add('shop', [{ id: 'mug-1', image: await readFile('mug.jpg') }]);
 * const { hits } = await retriever.search('shop', { image: await readFile('photo.jpg') }, { k: 5 });
 */
export class Retriever {
  /** The data folder's collections and items, without embedding. */
  readonly gallery: Gallery;
  /** The model for new collections, if one was named. */
  readonly defaultModel: ModelFile | undefined;
  readonly #data: string;
  readonly #options: RetrieverOptions;
  readonly #embedders: EmbedderPool;
  /** The models of collections as last seen; what uses one is refused by the gallery when it has changed. */
  readonly #models = new Map<string, ModelName>();
  readonly #budget = decodingBudget();
  /** Collections that are being re-indexed. */
  readonly #reindexing = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();

  private constructor(
    data: string,
    gallery: Gallery,
    model: ModelFile | undefined,
    options: RetrieverOptions,
  ) {
    this.gallery = gallery;
    this.defaultModel = model;
    this.#data = data;
    this.#options = options;
    this.#embedders = new EmbedderPool({ log: options.log ?? silentLogger, ...options.embed });
  }

  /**
   * Opens a data folder. Throws as `Gallery.open` and, for the model that was named, `model-not-found`,
   * `onnx-invalid` or `model-invalid`.
   */
  static async open(data: string, options: RetrieverOptions = {}): Promise<Retriever> {
    const { model, log, readOnly = false } = options;
    const named = model === undefined ? undefined : await readModelFile(model);
    const gallery = await Gallery.open(data, { log, readOnly, createIfMissing: !readOnly });
    return new Retriever(resolve(data), gallery, named, options);
  }

  /**
   * Loads the models that searches will need, so that the first one does not wait. Throws when the default model does
   * not start; returns what kept those of collections from starting, which need not keep the others from being served.
   */
  async warm(): Promise<Error[]> {
    const ids = new Set((await this.gallery.collections()).map(({ modelId }) => modelId));
    if (this.defaultModel !== undefined) await this.#embedders.get(this.defaultModel);
    const started = await Promise.allSettled([...ids].map((id) => this.#embedder(id)));
    return started.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  }

  /** The data folder, absolute. */
  get data(): string {
    return this.#data;
  }

  /** Whether the data folder was opened to read only: everything that would write throws `read-only`. */
  get readOnly(): boolean {
    return this.#options.readOnly === true;
  }

  /** The models that are open and what they do. */
  embedders(): EmbedderState[] {
    return this.#embedders.states();
  }

  /**
   * Makes a collection, or returns the one of that name when it fits what is asked for. Throws `model-not-found` when
   * no model was named, `model-mismatch` when it has another model, `collection-exists` when it has other settings,
   * `read-only`.
   */
  async createCollection(name: string, wanted: NewCollection = {}): Promise<CollectionInfo> {
    this.#checkWritable();
    const { gallery, defaultModel } = this;
    return createCollection({ gallery, defaultModel, data: this.#data }, name, wanted);
  }

  /**
   * Embeds and stores pictures, those that can be in one transaction (in one for each 24 MiB where they have more); each
   * has its own result, in the same order, so that a bad picture does not sink the rest. What is returned as stored
   * survives a crash. Throws `read-only`.
   */
  async add(
    name: string,
    inputs: readonly AddInput[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<AddResult[]> {
    this.#checkWritable();
    return this.#withModel(name, async ({ id }) => {
      const context = { ...(await this.#context(id)), background: inputs.length > 1, signal };
      const prepared: (ItemInput | SnapshelfError)[] = [];
      const prepare = (input: AddInput): Promise<ItemInput | SnapshelfError> =>
        prepareItem(input, context).catch(keepKnown);
      for await (const item of pipeline(inputs, context.ahead, prepare)) prepared.push(item);
      signal?.throwIfAborted();
      const good = prepared.filter((item): item is ItemInput => !(item instanceof SnapshelfError));
      const stored = (await storeItems(this.gallery, name, id, good)).values();
      return prepared.map((item, i) => resultOf(inputs[i]?.id ?? '', item, stored));
    });
  }

  /** Adds pictures on disk; see `importSamples`. Throws `read-only`. */
  async importSamples(
    name: string,
    samples: Iterable<ImportSample>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    this.#checkWritable();
    const { modelId, storeImages } = await this.gallery.info(name);
    const shared = await this.#context(modelId);
    const context = { ...shared, storeImages, background: true, signal: options.signal };
    return importSamples(samples, { ...context, gallery: this.gallery, collection: name, modelId }, options);
  }

  /**
   * The products (or items) that look most like the query. A query by item leaves that item out.
   * Throws what `Gallery.search` and `Embedder.embed` throw.
   */
  search(name: string, query: Query, options: SearchOptions = {}): Promise<RetrieverAnswer> {
    return this.#withModel(name, async (model) => {
      const checked = { ...options, modelId: model.id };
      if ('vector' in query) return this.#answer(name, model, query.vector, noEmbedding, checked);
      if ('itemId' in query) {
        const vector = await this.gallery.vector(name, query.itemId);
        const exclude = [...(options.exclude ?? []), query.itemId];
        return this.#answer(name, model, vector, noEmbedding, { ...checked, exclude });
      }
      const embedder = await this.#embedder(model.id);
      const { vector, timings } = await embedder.embed(query.image, {
        crop: query.crop,
        signal: options.signal,
      });
      return this.#answer(name, model, vector, timings, checked);
    });
  }

  /** The raw embedding of a picture by a collection's model, or by the default one. */
  async embed(
    image: Uint8Array,
    options: EmbedQuery = {},
  ): Promise<Embedding & { readonly model: ModelName }> {
    const embedder = await this.#embedderFor(options);
    const embedding = await embedder.embed(image, options);
    const { id, metadata } = embedder.info.model;
    return { ...embedding, model: { id, name: metadata.name } };
  }

  /**
   * Switches a collection to another model (a path, or the identity of one that the data folder keeps) without downtime.
   * Throws `collection-busy` while another call does, `image-not-stored`, `model-not-found`, `read-only`.
   */
  async reindex(name: string, model: string, options: ReindexOptions = {}): Promise<CollectionInfo> {
    this.#checkWritable();
    if (this.#reindexing.has(name))
      throw new SnapshelfError('collection-busy', `collection ${name} is being re-indexed`);
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const running = this.#reindex(name, model, { ...options, signal });
    this.#reindexing.set(name, running);
    return running.finally(() => this.#reindexing.delete(name));
  }

  async #reindex(name: string, model: string, options: ReindexOptions): Promise<CollectionInfo> {
    const info = await this.gallery.info(name);
    const isIdentity = /^[0-9a-f]{64}$/.test(model);
    const file = isIdentity ? await storedModel(this.#data, model) : await storeModel(this.#data, model);
    return reindexCollection(this.gallery, info, await this.#embedders.get(file), options);
  }

  /** Lets what is under way finish, saves the indexes and ends all threads. */
  async close(): Promise<void> {
    this.#closing.abort(new SnapshelfError('closed', 'the retriever was closed'));
    await Promise.allSettled(this.#reindexing.values());
    await this.#embedders.close();
    await this.gallery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The gallery refuses writes too, but only after models were copied and pictures embedded for them. */
  #checkWritable(): void {
    if (this.readOnly) throw new SnapshelfError('read-only', 'the data folder was opened to read only');
  }

  async #answer(
    name: string,
    model: ModelName,
    vector: Float32Array,
    embedding: Embedding['timings'],
    options: SearchOptions,
  ): Promise<RetrieverAnswer> {
    const answer = await this.gallery.search(name, vector, options);
    return { ...answer, model, timings: { ...embedding, ...answer.timings } };
  }

  async #model(name: string): Promise<ModelName> {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const { modelId, modelName } = await this.gallery.info(name);
    const model = { id: modelId, name: modelName };
    this.#models.set(name, model);
    return model;
  }

  /** Runs work that depends on a collection's model, and once more when a re-index changed the model meanwhile. */
  async #withModel<T>(name: string, work: (model: ModelName) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#model(name));
    } catch (error) {
      if (!(error instanceof SnapshelfError) || error.code !== 'model-mismatch') throw error;
      this.#models.delete(name);
      return work(await this.#model(name));
    }
  }

  async #embedder(modelId: string): Promise<Embedder> {
    return this.#embedders.opened(modelId) ?? this.#embedders.get(await storedModel(this.#data, modelId));
  }

  async #embedderFor({ collection, modelId }: EmbedQuery): Promise<Embedder> {
    if (collection !== undefined) return this.#embedder((await this.#model(collection)).id);
    if (modelId !== undefined) return this.#embedder(modelId);
    if (this.defaultModel !== undefined) return this.#embedders.get(this.defaultModel);
    throw new SnapshelfError(
      'model-not-found',
      'no default model was named; name a collection, or start with --model FILE.onnx',
    );
  }

  async #context(
    modelId: string,
  ): Promise<Omit<PrepareContext, 'signal' | 'background'> & { readonly ahead: number }> {
    const { limits = defaultEmbedderOptions.limits, maxBatch = defaultEmbedderOptions.maxBatch } =
      this.#options.embed ?? {};
    return { embedder: await this.#embedder(modelId), limits, budget: this.#budget, ahead: 3 * maxBatch };
  }
}

/** A picture's own error as a value; any other is thrown. */
function keepKnown(error: unknown): SnapshelfError {
  if (isItemError(error)) return error;
  throw error;
}

/** The result of one picture: its own error, or what became of the next of the items that could be prepared. */
function resultOf(
  id: string,
  prepared: ItemInput | SnapshelfError,
  stored: Iterator<Item | SnapshelfError>,
): AddResult {
  const result =
    prepared instanceof SnapshelfError ? prepared : (stored.next().value as Item | SnapshelfError);
  return result instanceof SnapshelfError ? { id, ok: false, error: result } : { id, ok: true, item: result };
}

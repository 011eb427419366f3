import { resolve } from 'node:path';
import {
  defaultEmbedderOptions,
  type Embedder,
  type EmbedderOptions,
  type Embedding,
} from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import {
  type CollectionInfo,
  Gallery,
  type Item,
  type ItemInput,
  type Metric,
  type SearchAnswer,
  type SearchOptions,
} from '../gallery/index.ts';
import type { CropBox } from '../image/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import { type ModelFile, readModelFile } from '../model/index.ts';
import { EmbedderPool, type EmbedderState } from './embedder-pool.ts';
import { type ImportOptions, type ImportReport, type ImportSample, importSamples } from './import-samples.ts';
import { storedModel, storeModel } from './model-store.ts';
import { pipeline } from './pipeline.ts';
import { type AddInput, prepareItem } from './prepare-item.ts';
import { type ReindexOptions, reindexCollection } from './reindex.ts';
import { isOwnError, storeItems } from './store-items.ts';

export interface RetrieverOptions {
  /** Path of the model for new collections; collections that exist keep theirs. */
  readonly model?: string | undefined;
  /** How models are run. */
  readonly embed?: EmbedderOptions | undefined;
  /** Only search, beside a process that writes. Default false. */
  readonly readOnly?: boolean | undefined;
  readonly log?: Logger | undefined;
}

/** What a new collection is to be. */
export interface NewCollection {
  /** Default `cosine`. */
  readonly metric?: Metric | undefined;
  /** Keep the pictures, which re-indexing with another model needs. Default true. */
  readonly storeImages?: boolean | undefined;
  /** Path of its model. Default: the retriever's. */
  readonly model?: string | undefined;
}

/** What became of one picture of `add`. */
export type AddResult =
  | { readonly id: string; readonly ok: true; readonly item: Item }
  | { readonly id: string; readonly ok: false; readonly error: SnapshelfError };

/** What to search for: a picture (or a part of it), an item that is there, or a raw vector `float32[D]`. */
export type Query =
  | { readonly image: Uint8Array; readonly crop?: CropBox | undefined }
  | { readonly itemId: string }
  | { readonly vector: Float32Array };

/** The model that answered. */
export interface ModelName {
  readonly id: string;
  readonly name: string;
}

/** An answer, with the model and the milliseconds of every stage; stages that a query does not need take 0. */
export interface RetrieverAnswer extends SearchAnswer {
  readonly model: ModelName;
  readonly timings: SearchAnswer['timings'] & Embedding['timings'];
}

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

  /** Loads the models that searches will need, so that the first one does not wait. */
  async warm(): Promise<void> {
    const collections = await this.gallery.collections();
    const known = await Promise.all(
      [...new Set(collections.map(({ modelId }) => modelId))].map((id) => this.#embedder(id)),
    );
    if (known.length === 0 && this.defaultModel !== undefined) await this.#embedders.get(this.defaultModel);
  }

  /** The models that are open and what they do. */
  embedders(): EmbedderState[] {
    return this.#embedders.states();
  }

  /**
   * Makes a collection, or returns the one of that name when it fits what is asked for. Throws `model-not-found` when
   * no model was named, `model-mismatch` when it has another model, `collection-exists` when it has other settings.
   */
  async createCollection(name: string, wanted: NewCollection = {}): Promise<CollectionInfo> {
    const existing = await this.#find(name);
    if (existing !== undefined) return this.#accept(existing, wanted);
    const path = wanted.model ?? this.defaultModel?.path;
    if (path === undefined)
      throw new SnapshelfError(
        'model-not-found',
        `collection ${name} is new and needs a model: name one with --model FILE.onnx`,
      );
    const { id, metadata } = await storeModel(this.#data, path);
    const { metric = 'cosine', storeImages } = wanted;
    return this.gallery.create({
      name,
      modelId: id,
      modelName: metadata.name,
      dimension: metadata.dimension,
      metric,
      storeImages,
    });
  }

  /**
   * Embeds and stores pictures, those that can be in one transaction; each has its own result, in the same order, so
   * that a bad picture does not sink the rest. What is returned as stored survives a crash.
   */
  async add(
    name: string,
    inputs: readonly AddInput[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<AddResult[]> {
    return this.#withModel(name, async ({ id }) => {
      const context = { ...(await this.#context(id)), signal };
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

  /** Adds pictures on disk; see `importSamples`. */
  async importSamples(
    name: string,
    samples: Iterable<ImportSample>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    const { modelId, storeImages } = await this.gallery.info(name);
    const context = { ...(await this.#context(modelId)), storeImages, signal: options.signal };
    return importSamples(samples, { ...context, gallery: this.gallery, collection: name, modelId }, options);
  }

  /**
   * The products (or items) that look most like the query. A query by item leaves that item out.
   * Throws what `Gallery.search` and `Embedder.embed` throw.
   */
  search(name: string, query: Query, options: SearchOptions = {}): Promise<RetrieverAnswer> {
    return this.#withModel(name, async (model) => {
      if ('vector' in query) return this.#answer(name, model, query.vector, noEmbedding, options);
      const checked = { ...options, modelId: model.id };
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
    const embedder = await this.#embedderFor(options.collection);
    const embedding = await embedder.embed(image, options);
    const { id, metadata } = embedder.info.model;
    return { ...embedding, model: { id, name: metadata.name } };
  }

  /** Switches a collection to another model (a path, or the identity of one that the data folder keeps) without downtime. */
  async reindex(name: string, model: string, options: ReindexOptions = {}): Promise<CollectionInfo> {
    const info = await this.gallery.info(name);
    const isIdentity = /^[0-9a-f]{64}$/.test(model);
    const file = isIdentity ? await storedModel(this.#data, model) : await storeModel(this.#data, model);
    return reindexCollection(this.gallery, info, await this.#embedders.get(file), options);
  }

  /** Lets what is under way finish, saves the indexes and ends all threads. */
  async close(): Promise<void> {
    await this.#embedders.close();
    await this.gallery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

  async #find(name: string): Promise<CollectionInfo | undefined> {
    return this.gallery.info(name).catch((error: unknown) => {
      if (error instanceof SnapshelfError && error.code === 'collection-not-found') return undefined;
      throw error;
    });
  }

  async #accept(
    existing: CollectionInfo,
    { metric, storeImages, model }: NewCollection,
  ): Promise<CollectionInfo> {
    const asked = model === undefined ? undefined : await readModelFile(model);
    if (asked !== undefined && asked.id !== existing.modelId) throw this.#otherModel(existing, asked);
    const { name, modelId, modelName, dimension } = existing;
    const settings = { metric: metric ?? existing.metric, storeImages: storeImages ?? existing.storeImages };
    return this.gallery.create({ name, modelId, modelName, dimension, ...settings });
  }

  #otherModel(existing: CollectionInfo, asked: ModelFile): SnapshelfError {
    const command = `snapshelf reindex --data ${this.#data} --collection ${existing.name} --model ${asked.path}`;
    return new SnapshelfError(
      'model-mismatch',
      `collection ${existing.name} belongs to the model ${existing.modelName} (${existing.modelId.slice(0, 12)}), not to ${asked.metadata.name} (${asked.id.slice(0, 12)}); to switch it over: ${command}`,
      { details: { collectionModel: existing.modelId, givenModel: asked.id, command } },
    );
  }

  async #embedder(modelId: string): Promise<Embedder> {
    return this.#embedders.opened(modelId) ?? this.#embedders.get(await storedModel(this.#data, modelId));
  }

  async #embedderFor(collection: string | undefined): Promise<Embedder> {
    if (collection !== undefined) return this.#embedder((await this.#model(collection)).id);
    if (this.defaultModel !== undefined) return this.#embedders.get(this.defaultModel);
    throw new SnapshelfError(
      'model-not-found',
      'no default model was named; name a collection, or start with --model FILE.onnx',
    );
  }

  async #context(
    modelId: string,
  ): Promise<{ embedder: Embedder; limits: NonNullable<EmbedderOptions['limits']>; ahead: number }> {
    const { limits = defaultEmbedderOptions.limits, maxBatch = defaultEmbedderOptions.maxBatch } =
      this.#options.embed ?? {};
    return { embedder: await this.#embedder(modelId), limits, ahead: 3 * maxBatch };
  }
}

/** A picture's own error as a value; any other is thrown. */
function keepKnown(error: unknown): SnapshelfError {
  if (isOwnError(error)) return error;
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

/** Options of `Retriever.embed`. */
export interface EmbedQuery {
  /** Use this collection's model. */
  readonly collection?: string | undefined;
  readonly crop?: CropBox | undefined;
  readonly signal?: AbortSignal | undefined;
}

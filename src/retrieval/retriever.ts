import { resolve } from 'node:path';
import { defaultEmbedderOptions } from '../embed/index.ts';
import type { CollectionInfo, ItemUpdate, UpdateOptions, UpdateResult } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { ImageLimits } from '../image/index.ts';
import { silentLogger } from '../log.ts';
import { type ModelFile, readModelFile, shippedDefault } from '../model/index.ts';
import { type AddContext, addItems } from './add-items.ts';
import { CollectionModels } from './collection-models.ts';
import { createCollection } from './create-collection.ts';
import { deleteItems, type Selection } from './delete-items.ts';
import { EmbedderPool, type EmbedderState } from './embedder-pool.ts';
import { importSamples } from './import-samples.ts';
import { type ImportPart, importTogether, type TogetherOptions } from './import-together.ts';
import type { ImportOptions, ImportReport, ImportSample } from './import-types.ts';
import type { AddInput } from './prepare-item.ts';
import type { QueryParts } from './retriever-queries.ts';
import { RetrieverWork } from './retriever-work.ts';
import { SharedModels } from './shared-models.ts';
import type { AddOptions, AddResult, NewCollection, RetrieverOptions } from './types.ts';

/**
 * Image search over a data folder: it takes pictures and finds products. It keeps the folder self-sufficient (the model of
 * each collection is copied into it) and opens each model once, when it is first needed.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { Retriever } from 'snapshelf';
 *
 * await using retriever = await Retriever.open('data', { model: 'models/snapshelf-lite.onnx' });
 * await retriever.createCollection('shop');
 * await retriever.add('shop', [{ id: 'mug-1', image: await readFile('mug.jpg') }]);
 * const { hits } = await retriever.search('shop', { image: await readFile('photo.jpg') }, { k: 5 });
 * console.log(hits.map(({ item, score }) => [item.productId, score]));
 * ```
 */
export class Retriever extends RetrieverWork {
  /** The model that the retriever was opened with, if one was named. */
  readonly namedModel: ModelFile | undefined;
  readonly #options: RetrieverOptions;
  readonly #embedders: EmbedderPool;
  readonly #models: CollectionModels;
  readonly #limits: ImageLimits;

  private constructor(named: ModelFile | undefined, options: RetrieverOptions, parts: QueryParts) {
    super(parts);
    this.namedModel = named;
    this.#options = options;
    this.#models = parts.models;
    this.#embedders = parts.embedders;
    this.#limits = parts.limits;
  }

  /**
   * Opens a data folder.
   * @throws SnapshelfError as `Gallery.open`; `model-not-found`, `onnx-invalid` or `model-invalid` for the named model.
   */
  static async open(data: string, options: RetrieverOptions = {}): Promise<Retriever> {
    const { model, log, readOnly = false, maxCollections, openCollections } = options;
    const named = model === undefined ? undefined : await readModelFile(model);
    const shipped = named === undefined ? await shippedDefault() : undefined;
    const gallery =
      options.gallery ??
      (await openEngine(data, {
        engine: options.engine,
        pictureStore: options.pictureStore,
        log,
        readOnly,
        createIfMissing: !readOnly,
        maxCollections,
        openCollections,
        indexEngine: options.indexEngine,
        indexThreads: options.indexThreads,
        scanThreads: options.scanThreads,
        storedPrecision: options.storedPrecision,
      }));
    const folder = resolve(data);
    return new Retriever(named, options, {
      data: folder,
      gallery,
      embedders: new EmbedderPool(folder, new SharedModels(gallery, folder), {
        log: log ?? silentLogger,
        ...options.embed,
      }),
      models: new CollectionModels(gallery),
      limits: options.embed?.limits ?? defaultEmbedderOptions.limits,
      keepGps: options.keepGps === true,
      defaultModel: named ?? shipped,
    });
  }

  /**
   * Loads the models that searches will need, so that the first search does not wait.
   * @returns the errors of collections' models that do not start; the other collections can be searched
   * @throws SnapshelfError if the named model does not start.
   */
  async warm(): Promise<Error[]> {
    const ids = (await this.gallery.models()).map(({ id }) => id);
    if (this.namedModel !== undefined) await this.#embedders.get(this.namedModel);
    const started = await Promise.allSettled(ids.map((id) => this.#embedders.stored(id)));
    return started.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  }

  /** True if the data folder was opened read-only: everything that would write throws `read-only`. */
  get readOnly(): boolean {
    return this.#options.readOnly === true;
  }

  /** Lists the open models with their present work. */
  embedders(): EmbedderState[] {
    return this.#embedders.states();
  }

  /**
   * Creates a collection, or returns the one of that name if it fits `wanted`.
   * @throws SnapshelfError `model-not-found` if no model was named, `model-mismatch` if the collection has another model,
   * `collection-exists` if it has other settings, `read-only`.
   */
  async createCollection(name: string, wanted: NewCollection = {}): Promise<CollectionInfo> {
    this.checkWritable();
    const { gallery, defaultModel, data } = this;
    return createCollection({ gallery, defaultModel, data }, name, wanted);
  }

  /**
   * Embeds and stores pictures, in one transaction if possible (one per 24 MiB of pictures). Each picture has its own
   * result, in the same order, so that a bad picture does not affect the others. Stored items survive a crash.
   * @throws SnapshelfError `collection-not-found`, `read-only`, `queue-full`, `worker-died`, `disk-full`.
   * @throws unknown the signal's reason if it aborts.
   */
  async add(name: string, inputs: readonly AddInput[], options: AddOptions = {}): Promise<AddResult[]> {
    this.checkWritable();
    const { signal } = options;
    const priority = inputs.length > 1 ? 'background' : 'middle';
    return this.#models.run(name, async ({ id }) =>
      addItems(inputs, { ...(await this.#context(name, id)), priority, signal }, options),
    );
  }

  /**
   * Adds pictures on disk to a collection. Pictures that are there with the same bytes and fields are skipped, so an
   * interrupted import continues where it was; those of which only the fields differ are not embedded again. Pictures that
   * cannot be added are reported and do not stop the others.
   * @throws SnapshelfError `collection-not-found`, `prune-refused`, `read-only`, `worker-died`, `disk-full`.
   * @throws unknown the signal's reason if it aborts.
   */
  async importSamples(
    name: string,
    samples: Iterable<ImportSample>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    this.checkWritable();
    const { modelId, storeImages } = await this.gallery.info(name);
    const { signal } = options;
    const context = await this.#context(name, modelId);
    return importSamples(samples, { ...context, storeImages, priority: 'background', signal }, options);
  }

  /**
   * Adds pictures on disk to a collection as `importSamples` does, together with other processes that call this with the same samples and
   * the same name: each does parts of them, and takes those of one of which nothing is heard. Returns the report of all. Called again
   * after the end, it returns that report.
   * @throws SnapshelfError as `importSamples`; `source-invalid` if the others import something else; `engine-cannot` where one process has
   * the collections alone.
   */
  async importTogether(
    name: string,
    samples: readonly ImportSample[],
    { job, leaseMs, onProgress, signal, ...rest }: TogetherOptions & Omit<ImportOptions, 'prune' | 'lease'>,
  ): Promise<ImportReport> {
    this.checkWritable();
    const { records, kind } = this.gallery;
    if (records === undefined)
      throw new SnapshelfError(
        'engine-cannot',
        `The engine ${kind} keeps no jobs that several processes do together. Import without one.`,
      );
    const importPart: ImportPart = (some, means) => this.importSamples(name, some, { ...rest, ...means });
    const info = await this.gallery.info(name);
    return importTogether(records, info, samples, importPart, { job, leaseMs, onProgress, signal });
  }

  /**
   * Changes the metadata (merged; null removes a key), label, split or product of items and leaves their pictures and vectors
   * as they are, in one transaction: all or none.
   * @throws SnapshelfError `item-not-found`, `item-invalid`, `field-type-mismatch`, `read-only`.
   */
  update(name: string, updates: readonly ItemUpdate[], options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.gallery.update(name, updates, options);
  }

  /**
   * Deletes items by their ids, by a filter or by their product, durably. Returns how many they were.
   * @throws SnapshelfError `collection-not-found`, `filter-invalid`, `read-only`.
   */
  delete(name: string, selection: Selection): Promise<number> {
    return deleteItems(this.gallery, name, selection);
  }

  /** Waits for the work under way, saves the indexes and ends all threads. Re-indexes and searches for duplicates are interrupted. */
  async close(): Promise<void> {
    await this.endWork();
    await this.#embedders.close();
    await this.gallery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #context(collection: string, modelId: string): Promise<Omit<AddContext, 'signal' | 'priority'>> {
    const { maxBatch = defaultEmbedderOptions.maxBatch } = this.#options.embed ?? {};
    const limits = this.#limits;
    const embedder = await this.#embedders.stored(modelId);
    const { keepGps = false } = this.#options;
    const { gallery } = this;
    return { gallery, collection, modelId, embedder, limits, keepGps, concurrency: 3 * maxBatch };
  }
}

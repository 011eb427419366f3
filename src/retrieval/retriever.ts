import { resolve } from 'node:path';
import { defaultEmbedderOptions } from '../embed/index.ts';
import type { CollectionInfo, ItemUpdate, UpdateOptions, UpdateResult } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import type { ImageLimits } from '../image/index.ts';
import { silentLogger } from '../log.ts';
import { type ModelFile, readModelFile, shippedDefault } from '../model/index.ts';
import { type AddContext, addItems } from './add-items.ts';
import { CollectionModels } from './collection-models.ts';
import { createCollection } from './create-collection.ts';
import { deleteItems, type Selection } from './delete-items.ts';
import { checkpointPath, removeCheckpoint } from './duplicates/checkpoint.ts';
import type { CollectionDuplicates, FindDuplicatesOptions } from './duplicates/collection-duplicates.ts';
import { findDuplicates } from './duplicates/find-duplicates.ts';
import { EmbedderPool, type EmbedderState } from './embedder-pool.ts';
import { importSamples } from './import-samples.ts';
import type { ImportOptions, ImportReport, ImportSample } from './import-types.ts';
import { storedIdentity } from './model-store.ts';
import type { AddInput } from './prepare-item.ts';
import { type ReindexOptions, reindexCollection } from './reindex.ts';
import { RetrieverCalibration, readOnlyFolder } from './retriever-calibration.ts';
import type { QueryParts } from './retriever-queries.ts';
import { RunningWork } from './running-work.ts';
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
export class Retriever extends RetrieverCalibration {
  /** The model that the retriever was opened with, if one was named. */
  readonly namedModel: ModelFile | undefined;
  readonly #options: RetrieverOptions;
  readonly #embedders: EmbedderPool;
  readonly #models: CollectionModels;
  readonly #limits: ImageLimits;
  readonly #reindexes = new RunningWork((name) => `The collection ${name} is being re-indexed.`);
  readonly #searches = new RunningWork(
    (name) => `The duplicates of the collection ${name} are being listed.`,
  );

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
      embedders: new EmbedderPool(folder, { log: log ?? silentLogger, ...options.embed }),
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
    const ids = new Set((await this.gallery.collections()).map(({ modelId }) => modelId));
    if (this.namedModel !== undefined) await this.#embedders.get(this.namedModel);
    const started = await Promise.allSettled([...ids].map((id) => this.#embedders.stored(id)));
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
    this.#checkWritable();
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
    this.#checkWritable();
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
    this.#checkWritable();
    const { modelId, storeImages } = await this.gallery.info(name);
    const { signal } = options;
    const context = await this.#context(name, modelId);
    return importSamples(samples, { ...context, storeImages, priority: 'background', signal }, options);
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

  /**
   * Switches a collection to another model without downtime.
   * @param model a path, or the identity (SHA-256) of a model in the data folder
   * @throws SnapshelfError `collection-busy` while another call does this, `image-not-stored`, `model-not-found`,
   * `read-only`.
   * @throws unknown the signal's reason if it aborts.
   */
  async reindex(name: string, model: string, options: ReindexOptions = {}): Promise<CollectionInfo> {
    this.#checkWritable();
    return this.#reindexes.run(name, options.signal, async (signal) => {
      const info = await this.gallery.info(name);
      const embedder = await this.#embedders.stored(await storedIdentity(this.data, model));
      return reindexCollection(this.gallery, info, embedder, { ...options, signal });
    });
  }

  /**
   * Lists the groups of nearly identical items of a collection: each item is searched for, and what scores at least the threshold
   * is joined. Its state is kept in the data folder, unless that is open read-only, so that a search that was interrupted goes on
   * with the next call, as long as the collection, its model and the options are the same.
   * @throws SnapshelfError `collection-busy` while another call does this; `query-invalid` for more than 200,000 items with
   * duplicates; else as `Engine.search`.
   * @throws RangeError without a threshold under another metric than cosine.
   * @throws unknown the signal's reason if it aborts.
   */
  async findDuplicates(name: string, options: FindDuplicatesOptions = {}): Promise<CollectionDuplicates> {
    const file = this.readOnly ? undefined : checkpointPath(this.data, name);
    return this.#searches.run(name, options.signal, (signal) =>
      findDuplicates(this.gallery, name, file, { ...options, signal }),
    );
  }

  /** Removes what searches for duplicates have left of a collection, which may be gone. */
  async forgetDuplicates(name: string): Promise<void> {
    this.#checkWritable();
    await removeCheckpoint(checkpointPath(this.data, name));
  }

  /** Waits for the work under way, saves the indexes and ends all threads. Re-indexes and searches for duplicates are interrupted. */
  async close(): Promise<void> {
    await Promise.all([this.#reindexes.close(), this.#searches.close(), this.calibrating.close()]);
    await this.#embedders.close();
    await this.gallery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The gallery refuses writes too, but only after models were copied and pictures embedded for them. */
  #checkWritable(): void {
    if (this.readOnly) throw readOnlyFolder();
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

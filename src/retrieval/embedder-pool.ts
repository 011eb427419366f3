import {
  CellEmbedder,
  Embedder,
  type EmbedderInfo,
  type EmbedderOptions,
  type EmbedderStats,
} from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type ModelFile, storedModel } from '../model/index.ts';
import type { CollectionModels } from './collection-models.ts';
import type { SharedModels } from './shared-models.ts';
import type { EmbedQuery } from './types.ts';

/** An open model with counts of its work. */
export interface EmbedderState extends EmbedderInfo {
  readonly stats: EmbedderStats;
}

const closed = (): SnapshelfError =>
  new SnapshelfError('closed', 'The retriever was closed. Open another one.');

/** One embedder per model, opened when it is first needed and shared from then on. */
export class EmbedderPool {
  readonly #data: string;
  readonly #options: EmbedderOptions;
  readonly #shared: SharedModels;
  readonly #opening = new Map<string, Promise<Embedder>>();
  readonly #open = new Map<string, Embedder>();
  readonly #cells = new Map<string, Promise<CellEmbedder>>();
  #closed = false;

  /** @param data the data folder whose models `stored` opens */
  constructor(data: string, shared: SharedModels, options: EmbedderOptions) {
    this.#data = data;
    this.#shared = shared;
    this.#options = options;
  }

  /**
   * Returns the embedder of a model, and opens it if necessary. A failed start is not remembered: the next call tries again.
   * @throws SnapshelfError as `Embedder.open`; `closed`.
   */
  get(model: ModelFile): Promise<Embedder> {
    if (this.#closed) return Promise.reject(closed());
    const known = this.#opening.get(model.id);
    if (known !== undefined) return known;
    const opening = this.#start(model);
    this.#opening.set(model.id, opening);
    return opening;
  }

  /**
   * Returns the embedder of the model `id` of the data folder, or of the servers of its engine, and opens it if necessary.
   * @throws SnapshelfError `model-not-found`, `model-invalid`, else as `get`.
   */
  async stored(id: string): Promise<Embedder> {
    return this.#opening.get(id) ?? this.get(await this.#stored(id));
  }

  /**
   * Returns the embedder of a query outside a collection, and opens it if necessary.
   * @throws SnapshelfError `model-not-found` if the query names none and there is no default one, else as `get`.
   */
  async forQuery(
    { collection, modelId }: EmbedQuery,
    models: CollectionModels,
    defaultModel: ModelFile | undefined,
  ): Promise<Embedder> {
    if (collection !== undefined) return this.stored((await models.now(collection)).id);
    if (modelId !== undefined) return this.stored(modelId);
    if (defaultModel !== undefined) return this.get(defaultModel);
    throw new SnapshelfError(
      'model-not-found',
      'There is no default model. Name a collection, or the file of a model when opening the data folder.',
    );
  }

  /**
   * Returns what says where in pictures a model looks, and opens it if necessary.
   * @throws SnapshelfError as `CellEmbedder.open`; `closed`.
   */
  cells(model: ModelFile): Promise<CellEmbedder> {
    if (this.#closed) return Promise.reject(closed());
    const known = this.#cells.get(model.id);
    if (known !== undefined) return known;
    const opening = CellEmbedder.open(model.path, this.#options);
    this.#cells.set(model.id, opening);
    opening.catch(() => this.#cells.delete(model.id));
    return opening;
  }

  /** Lists the open models with counts of their work. */
  states(): EmbedderState[] {
    return [...this.#open.values()].map((embedder) => ({ ...embedder.info, stats: embedder.stats() }));
  }

  /** Closes all embedders. */
  async close(): Promise<void> {
    this.#closed = true;
    const started = await Promise.allSettled([...this.#opening.values(), ...this.#cells.values()]);
    await Promise.all(
      started.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
    );
  }

  async #stored(id: string): Promise<ModelFile> {
    try {
      return await storedModel(this.#data, id);
    } catch (error) {
      const isMissing = error instanceof SnapshelfError && error.code === 'model-not-found';
      if (!isMissing || !(await this.#shared.take(id))) throw error;
      return storedModel(this.#data, id);
    }
  }

  async #start(model: ModelFile): Promise<Embedder> {
    try {
      const embedder = await Embedder.open(model.path, this.#options);
      this.#open.set(model.id, embedder);
      return embedder;
    } catch (error) {
      this.#opening.delete(model.id);
      throw error;
    }
  }
}

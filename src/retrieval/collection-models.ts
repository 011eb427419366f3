import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { ModelName } from './types.ts';

/** The models of collections as last seen. The gallery refuses work with a model that has changed meanwhile. */
export class CollectionModels {
  readonly #gallery: Engine;
  readonly #models = new Map<string, ModelName>();

  constructor(gallery: Engine) {
    this.#gallery = gallery;
  }

  /** Returns the model that a collection has now. @throws SnapshelfError `collection-not-found`. */
  async now(collection: string): Promise<ModelName> {
    const { modelId, modelName } = await this.#gallery.info(collection);
    const model = { id: modelId, name: modelName };
    this.#models.set(collection, model);
    return model;
  }

  /** Runs work that depends on a collection's model, and once more if a re-index changed the model meanwhile. */
  async run<T>(collection: string, work: (model: ModelName) => Promise<T>): Promise<T> {
    try {
      return await work(this.#models.get(collection) ?? (await this.now(collection)));
    } catch (error) {
      if (!(error instanceof SnapshelfError) || error.code !== 'model-mismatch') throw error;
      return work(await this.now(collection));
    }
  }
}

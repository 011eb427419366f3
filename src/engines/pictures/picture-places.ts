import { type Engine, pictureFolder, pictureStoreDocument } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { PictureStore } from './picture-store.ts';

/** Collections of which is remembered whether their pictures are elsewhere. */
const mostRemembered = 1000;

/** The place of a collection's pictures. */
export interface PicturePlace {
  readonly store: PictureStore;
  readonly folder: string;
  readonly storeImages: boolean;
}

/** Knows which collections keep their pictures in a store: a document of each names it. */
export class PicturePlaces {
  readonly #engine: Engine;
  readonly #store: PictureStore | undefined;
  /** Without a store: the collections that were looked at, and the address of the store of those that have one. */
  readonly #elsewhere = new Map<string, string | undefined>();

  constructor(engine: Engine, store: PictureStore | undefined) {
    this.#engine = engine;
    this.#store = store;
  }

  /**
   * Returns where the pictures of a collection go; undefined if they are kept in the engine.
   * @param begins true where one is about to be written: from then on they are kept in the store
   * @throws SnapshelfError `picture-store-unavailable` for a collection of another store than that which is given.
   */
  async of(name: string, begins = false): Promise<PicturePlace | undefined> {
    const store = this.#store;
    if (store === undefined) return this.#none(name);
    const info = await this.#engine.info(name);
    const place = { store, folder: pictureFolder(info), storeImages: info.storeImages };
    if (info.documents?.[pictureStoreDocument] === undefined) {
      if (!begins || !info.storeImages) return undefined;
      await this.#engine.setDocument(name, pictureStoreDocument, store.url);
      return place;
    }
    const url = (await this.#engine.document(name, pictureStoreDocument)) ?? store.url;
    if (url !== store.url) throw elsewhere(name, url, store.url);
    return place;
  }

  /** Forgets a collection, of which another may have the name from now on. */
  forget(name: string): void {
    this.#elsewhere.delete(name);
  }

  async #none(name: string): Promise<undefined> {
    if (!this.#elsewhere.has(name)) {
      const url = await this.#engine.document(name, pictureStoreDocument);
      if (this.#elsewhere.size >= mostRemembered) this.#elsewhere.clear();
      this.#elsewhere.set(name, url);
    }
    const url = this.#elsewhere.get(name);
    if (url !== undefined) throw elsewhere(name, url, undefined);
  }
}

const elsewhere = (name: string, url: string, given: string | undefined): SnapshelfError =>
  new SnapshelfError(
    'picture-store-unavailable',
    `The collection ${name} keeps its pictures in ${url}, and ${given === undefined ? 'no picture store was given' : `${given} was given`}. Start with that picture store.`,
    { details: { collection: name, pictureStore: url, retryAfterSeconds: 60 } },
  );

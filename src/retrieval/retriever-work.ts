import type { CollectionInfo } from '../engine/index.ts';
import { sha256 } from '../files/index.ts';
import { checkpointOf, removeCheckpoint } from './duplicates/checkpoint.ts';
import type { CollectionDuplicates, FindDuplicatesOptions } from './duplicates/collection-duplicates.ts';
import { findDuplicates } from './duplicates/find-duplicates.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import { storedIdentity } from './model-store.ts';
import { type ReindexOptions, reindexAlone } from './reindex.ts';
import { RetrieverCalibration, readOnlyFolder } from './retriever-calibration.ts';
import type { QueryParts } from './retriever-queries.ts';
import { RunningWork } from './running-work.ts';
import { SharedModels } from './shared-models.ts';

/** The part of a retriever that works on whole collections. */
export abstract class RetrieverWork extends RetrieverCalibration {
  readonly #embedders: EmbedderPool;
  readonly #shared: SharedModels;
  readonly #ends: (() => Promise<void>)[] = [];
  readonly #reindexes = new RunningWork((name) => `The collection ${name} is being re-indexed.`);
  readonly #searches = new RunningWork(
    (name) => `The duplicates of the collection ${name} are being listed.`,
  );

  protected constructor(parts: QueryParts) {
    super(parts);
    this.#embedders = parts.embedders;
    this.#shared = new SharedModels(parts.gallery, parts.data);
  }

  /**
   * Says what an engine elsewhere has and this data folder lacks, so that pictures cannot be searched for here; undefined: nothing. Models
   * that another server has brought are loaded.
   * @throws SnapshelfError `engine-unavailable`.
   */
  async lacks(): Promise<string | undefined> {
    // Vectors that were made elsewhere have no model anywhere.
    for (const { id, name } of await this.gallery.models())
      if (id !== sha256(Buffer.from(name)))
        try {
          await this.#embedders.stored(id);
        } catch (error) {
          return `the model ${name} (${(error as Error).message})`;
        }
    return undefined;
  }

  /**
   * Switches a collection to another model without downtime.
   * @param model a path, or the identity (SHA-256) of a model in the data folder
   * @throws SnapshelfError `collection-busy` while another call does this, `image-not-stored`, `model-not-found`,
   * `read-only`.
   * @throws unknown the signal's reason if it aborts.
   */
  async reindex(name: string, model: string, options: ReindexOptions = {}): Promise<CollectionInfo> {
    this.checkWritable();
    return this.#reindexes.run(name, options.signal, async (signal) => {
      const info = await this.gallery.info(name);
      const embedder = await this.#embedders.stored(await this.keepModel(model));
      return reindexAlone(this.gallery, info, embedder, { ...options, signal });
    });
  }

  /**
   * Keeps a model for collections, in the data folder and for the other servers of its engine. Returns its identity.
   * @param model a path, or the identity of a model that is kept already
   * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid`, `disk-full`, `read-only`.
   */
  async keepModel(model: string): Promise<string> {
    this.checkWritable();
    const id = await storedIdentity(this.data, model);
    await this.#shared.give(id);
    return id;
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
    const place = this.readOnly ? undefined : checkpointOf(this.records, name, options.lease);
    return this.#searches.run(name, options.signal, (signal) =>
      findDuplicates(this.gallery, name, place, { ...options, signal }),
    );
  }

  /** Removes what searches for duplicates have left of a collection, which may be gone. */
  async forgetDuplicates(name: string): Promise<void> {
    this.checkWritable();
    await removeCheckpoint(checkpointOf(this.records, name));
  }

  /** @internal Has something ended before this is closed. */
  onClose(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  /** Interrupts re-indexes, calibrations and searches for duplicates, and waits for their ends. */
  protected async endWork(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
    await Promise.all([this.#reindexes.close(), this.#searches.close(), this.calibrating.close()]);
  }

  /**
   * The gallery refuses writes too, but only after models were copied and pictures embedded for them.
   * @throws SnapshelfError `read-only`.
   */
  protected checkWritable(): void {
    if (this.readOnly) throw readOnlyFolder();
  }
}

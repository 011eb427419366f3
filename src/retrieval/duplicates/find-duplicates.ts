import type { CollectionInfo, Engine, Hit, Item } from '../../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../../errors.ts';
import { pipeline } from '../../threads/index.ts';
import {
  type Checkpoint,
  type CheckpointKey,
  type CheckpointPlace,
  isOf,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { type CollectionDuplicates, type FindDuplicatesOptions, resultOf } from './collection-duplicates.ts';
import { areIdentical } from './duplicates-of.ts';
import { GroupMembers } from './group-members.ts';
import { thresholdOf } from './threshold.ts';

/** Duplicates that the first search of an item asks for: few have more. */
const few = 50;
/** The most that are asked for. */
const most = 1000;
/** Searches under way: the gallery's thread has the next one at hand. Exact ones are done several in a pass over all vectors. */
const atOnce = { index: 2, exact: 24 };
/** From this score on, the picture of an item is the same to the model, if its bytes are. */
const same = 1 - 1e-6;
/** Least items between two checkpoints. A checkpoint is written once an eighth as many were looked at as it has members. */
const betweenCheckpoints = 500;

const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof SnapshelfError && error.code === code;

/** The items that are nearly identical to one. */
interface Found {
  readonly id: string;
  /** Undefined for an item that is gone, damaged, or the same as one that was looked at. */
  readonly item?: Item | undefined;
  readonly hits: readonly Hit[];
  readonly isCut: boolean;
  readonly isDamaged: boolean;
}

const nothing = { hits: [], isCut: false, isDamaged: false } as const;

/** A search for all duplicates of a collection, item by item. */
class DuplicatesSearch {
  readonly #gallery: Engine;
  readonly #name: string;
  readonly #key: CheckpointKey;
  readonly #place: CheckpointPlace | undefined;
  readonly #options: FindDuplicatesOptions;
  readonly #members = new GroupMembers();
  /** Items that need no search: one with the same picture was searched for. */
  readonly #same = new Set<string>();
  #state: Omit<Checkpoint, 'groups'>;
  #written: number;

  constructor(
    gallery: Engine,
    { name, items }: CollectionInfo,
    key: CheckpointKey,
    place: CheckpointPlace | undefined,
    kept: Checkpoint | undefined,
    options: FindDuplicatesOptions,
  ) {
    this.#gallery = gallery;
    this.#name = name;
    this.#key = key;
    this.#place = place;
    this.#options = options;
    const startedAt = new Date().toISOString();
    const counts = { done: 0, total: items, cut: 0, damaged: 0, changed: 0 };
    const { groups: _, ...state } = kept ?? {
      ...key,
      startedAt,
      after: null,
      isComplete: false,
      ...counts,
      groups: [],
    };
    this.#state = state;
    this.#written = state.done;
    if (kept !== undefined) this.#members.restore(kept.groups);
  }

  async run(): Promise<CollectionDuplicates> {
    this.#tell();
    if (!this.#state.isComplete) {
      try {
        const limit = this.#key.exact ? atOnce.exact : atOnce.index;
        for await (const found of pipeline(this.#ids(), limit, (id) => this.#look(id))) {
          this.#take(found);
          this.#tell();
          this.#options.signal?.throwIfAborted();
          if (this.#isDue()) await this.#write();
        }
      } catch (error) {
        // A disk that is full is not the reason that the caller has to hear of.
        if (!hasCode(error, 'collection-not-found')) await this.#write().catch(() => {});
        throw error;
      }
      this.#state = { ...this.#state, isComplete: true, changed: await this.#changes() };
      await this.#write();
    }
    return resultOf(this.#checkpoint());
  }

  async *#ids(): AsyncGenerator<string> {
    const limit = 1000;
    for (let after = this.#state.after ?? undefined; ; ) {
      const ids = await this.#gallery.ids(this.#name, { after, limit });
      yield* ids;
      if (ids.length < limit) return;
      after = ids.at(-1);
    }
  }

  async #look(id: string): Promise<Found> {
    this.#options.signal?.throwIfAborted();
    if (this.#same.has(id)) return { id, ...nothing };
    const read = await this.#read(id);
    if (read === 'gone') return { id, ...nothing };
    if (read === 'damaged') return { id, ...nothing, isDamaged: true };
    return { id, item: read.item, ...(await this.#near(id, read.vector)), isDamaged: false };
  }

  async #read(id: string): Promise<{ item: Item; vector: Float32Array } | 'gone' | 'damaged'> {
    let item: Item | undefined;
    try {
      item = await this.#gallery.get(this.#name, id);
      return { item, vector: await this.#gallery.vector(this.#name, id) };
    } catch (error) {
      if (hasCode(error, 'item-not-found')) return 'gone';
      // Once the item was read, it is its vector that is damaged, not the collection.
      if (hasCode(error, 'item-damaged') || (item !== undefined && hasCode(error, 'gallery-damaged')))
        return 'damaged';
      throw error;
    }
  }

  async #near(id: string, vector: Float32Array): Promise<Pick<Found, 'hits' | 'isCut'>> {
    const { threshold: minScore, exact, modelId } = this.#key;
    const { signal } = this.#options;
    const search = (k: number, after?: string) =>
      this.#gallery.search(this.#name, vector, {
        k,
        group: 'item',
        minScore,
        exclude: [id],
        exact,
        modelId,
        after,
        signal,
      });
    let answer = await search(few);
    if (answer.next !== null) answer = await search(most);
    const hits = [...answer.hits];
    // Pages end early where metadata is large.
    while (answer.next !== null && hits.length < most) {
      answer = await search(most - hits.length, answer.next);
      hits.push(...answer.hits);
    }
    return { hits, isCut: answer.next !== null };
  }

  #take({ id, item, hits, isCut, isDamaged }: Found): void {
    for (const hit of hits) {
      const identical = item !== undefined && areIdentical(item, hit.item);
      this.#members.join(id, hit.item.id, hit.score, identical);
      if (identical && hit.score >= same) this.#same.add(hit.item.id);
    }
    this.#same.delete(id);
    const { done, total, cut, damaged } = this.#state;
    const counts = {
      done: done + 1,
      total: Math.max(done + 1, total),
      cut: cut + Number(isCut),
      damaged: damaged + Number(isDamaged),
    };
    this.#state = { ...this.#state, ...counts, after: id };
  }

  /** Counts the changes of the collection since the search began. */
  async #changes(): Promise<number> {
    const { createdAt, sequence } = await this.#gallery.info(this.#name);
    if (createdAt === this.#key.createdAt) return sequence - this.#key.sequence;
    throw new SnapshelfError(
      'collection-not-found',
      `The collection ${this.#name} was removed meanwhile, and another one has its name.`,
    );
  }

  #tell(): void {
    const {
      modelId: _model,
      createdAt: _created,
      sequence: _sequence,
      after: _after,
      ...numbers
    } = this.#state;
    const { groups, members } = this.#members;
    this.#options.onProgress?.({ ...numbers, groups, members });
  }

  #isDue(): boolean {
    return this.#state.done - this.#written >= Math.max(betweenCheckpoints, this.#members.members / 8);
  }

  #checkpoint(): Checkpoint {
    return { ...this.#state, groups: this.#members.list() };
  }

  async #write(): Promise<void> {
    this.#written = this.#state.done;
    if (this.#place !== undefined) await writeCheckpoint(this.#place, this.#checkpoint());
  }
}

/**
 * Lists the nearly identical items of a collection; see `Retriever.findDuplicates`.
 * @param place that of the checkpoint; undefined where nothing may be written
 * @throws SnapshelfError as `Engine.search`; `query-invalid` if too many items have a duplicate.
 * @throws RangeError for a threshold out of range, or none under another metric than cosine.
 * @throws unknown the signal's reason if it aborts.
 */
export async function findDuplicates(
  gallery: Engine,
  name: string,
  place: CheckpointPlace | undefined,
  options: FindDuplicatesOptions,
): Promise<CollectionDuplicates> {
  const info = await gallery.info(name);
  const { modelId, createdAt, sequence, metric } = info;
  const { exact = false } = options;
  const key = { modelId, createdAt, sequence, threshold: thresholdOf(metric, options.threshold), exact };
  const kept = place === undefined ? undefined : await readCheckpoint(place);
  const usable = kept !== undefined && isOf(kept, key) ? kept : undefined;
  return new DuplicatesSearch(gallery, info, key, place, usable, options).run();
}

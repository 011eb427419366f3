import { checkWhole } from '../../arguments.ts';
import {
  checkItemId,
  type IdsOptions,
  type Item,
  type ItemPage,
  type ListOptions,
  type StoredImage,
  type StoredPicture,
} from '../../engine/index.ts';
import type { CollectionMemory } from '../memory/collection-memory.ts';
import { itemDamaged } from '../storage/checksum.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { State } from '../storage/state.ts';
import { itemNotFound, notStored, vectorDamaged } from './collection-errors.ts';

/** Vectors that one call returns at most: 64 MiB at the largest dimension. */
const maxVectors = 1000;
const vectorsPerSlice = 64;

/** The items of an open collection, as calls read them. */
export class CollectionItems {
  readonly #name: string;
  readonly #queries: CollectionQueries;
  readonly #memory: CollectionMemory;
  readonly #state: () => State;

  /** @param state returns the state as it is, with the vectors that are searched now */
  constructor(name: string, queries: CollectionQueries, memory: CollectionMemory, state: () => State) {
    this.#name = name;
    this.#queries = queries;
    this.#memory = memory;
    this.#state = state;
  }

  /** Returns an item. @throws SnapshelfError `item-not-found`, `id-invalid`. */
  get(id: string): Item {
    checkItemId(id);
    const item = this.#queries.get(id);
    if (item !== undefined) return item;
    throw itemNotFound(this.#name, id);
  }

  /** Returns an item's picture. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
  image(id: string): StoredImage {
    const picture = this.picture(id);
    return { bytes: this.#queries.image(picture), mediaType: picture.mediaType };
  }

  /** Describes an item's picture. @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`. */
  picture(id: string): StoredPicture {
    checkItemId(id);
    const picture = this.#queries.picture(id);
    if (picture !== undefined) return picture;
    this.get(id);
    throw notStored('image', id);
  }

  /** Returns one part of an item's picture; undefined if the item is gone. @throws SnapshelfError `item-damaged`. */
  part(sequence: number, part: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#queries.part(sequence, part);
  }

  /** Returns an item's thumbnail. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
  thumbnail(id: string): StoredImage {
    const bytes = this.#queries.thumbnail(this.get(id).sequence);
    if (bytes === undefined) throw notStored('thumbnail', id);
    return { bytes, mediaType: 'image/jpeg' };
  }

  /** Returns an item's vector, `float32[D]`. @throws SnapshelfError `item-not-found`, `gallery-damaged`. */
  vector(id: string): Float32Array {
    const { sequence } = this.get(id);
    const vectors = this.#queries.vectors(this.#state().settings.space);
    const vector = vectors.get([sequence]).get(sequence);
    if (vectors.damaged.has(sequence)) throw itemDamaged('vector', id);
    if (vector?.every(Number.isFinite)) return vector;
    throw vectorDamaged(id, vector);
  }

  /** Returns the vectors of items, `float32[N,D]`. @throws SnapshelfError `item-not-found`, `gallery-damaged`; RangeError for too many. */
  *vectors(ids: readonly string[]): Generator<void, Float32Array> {
    checkWhole('ids.length', ids.length, { from: 0, to: maxVectors });
    const { dimension } = this.#state().settings.space;
    const vectors = new Float32Array(ids.length * dimension);
    for (const [row, id] of ids.entries()) {
      vectors.set(this.vector(id), row * dimension);
      if (row % vectorsPerSlice === vectorsPerSlice - 1) yield;
    }
    return vectors;
  }

  /** Returns a page of items; see `Gallery.list`. */
  *list(options: ListOptions): Generator<void, ItemPage> {
    if (options.filter === undefined) return yield* this.#queries.list(options);
    this.#memory.catchUp();
    const rows = yield* this.#memory.matching(options.filter);
    const { rows: all } = this.#memory;
    return yield* this.#queries.list(options, {
      count: rows.count(),
      has: (sequence) => rows.has(all.table.rowOf(sequence) ?? rows.length),
      sequences: () => all.sequencesOf(rows),
    });
  }

  /** Returns a page of ids; see `Gallery.ids`. */
  ids(options: IdsOptions): string[] {
    return this.#queries.ids(options);
  }

  /** Returns the hashes of the pictures, as they were sent, of those of the ids that exist. */
  hashes(ids: readonly string[]): Map<string, string> {
    return this.#queries.hashes(ids);
  }

  /** Returns the first of the ids that no item has; undefined if all are there. */
  firstMissing(ids: readonly string[]): string | undefined {
    return this.#queries.firstMissing(ids);
  }
}

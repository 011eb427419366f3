import { compileFilter } from '../../engine/index.ts';
import type { Filter } from '../../engine/search-types.ts';
import type { ReadItems } from '../columns/column-build.ts';
import { ItemColumns } from '../columns/item-columns.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { VectorSpace } from '../storage/settings.ts';
import type { Written } from '../storage/write-transaction.ts';
import type { Bitmap } from './bitmap.ts';
import { ItemRows } from './item-rows.ts';
import { type KeeperOptions, VectorKeeper } from './kept-vectors.ts';
import { VectorMemory } from './vector-memory.ts';

/** The parts of a collection that its memory is made of. */
export interface MemorySources extends Omit<KeeperOptions, 'vectorsKey'> {
  readonly queries: CollectionQueries;
}

/** Slices of vectors that a compaction reads before. */
const fewSlices = 16;

/** The memory of an open collection, row by row. The database is the truth, which it follows after each change. */
export class CollectionMemory {
  readonly rows: ItemRows;
  readonly columns: ItemColumns;
  #vectors: VectorMemory | undefined;
  #keeper: VectorKeeper | undefined;
  #saving: Generator<void, void> | undefined;
  readonly #options: KeeperOptions;
  readonly #queries: CollectionQueries;
  readonly #readOnly: boolean;
  /** The collection's sequence number as of which it is known to a reader. */
  #upTo: number;

  /** Items of the collection of that name are read when their rows are first asked for, which throws SnapshelfError `gallery-damaged`. */
  constructor(name: string, { queries, ...options }: MemorySources) {
    const { readOnly, log } = options;
    this.#options = { ...options, vectorsKey: queries.vectorsKey(log) };
    this.#queries = queries;
    this.#readOnly = readOnly;
    this.#upTo = queries.state().sequence;
    this.rows = new ItemRows(() => queries.findDamaged(name, log));
    this.rows.followedBy({ compacted: (from) => this.#vectors?.compacted(from) });
    const read: ReadItems = (after, limit, withMetadata) => queries.namedAfter(after, limit, withMetadata);
    this.columns = new ItemColumns(this.rows, read, queries.fields().keys());
  }

  /** Reads the items, if that was not done yet, and returns the sequence numbers of those that are damaged. */
  findDamaged(): ReadonlySet<number> {
    this.rows.read();
    return this.#queries.damaged;
  }

  /** Returns the vectors of that space, which are the ones that are kept from now on. */
  vectorsOf(space: VectorSpace): VectorMemory {
    if (this.#vectors?.space.generation !== space.generation) {
      this.abandonSave();
      this.#vectors = new VectorMemory(this.rows, this.#queries.vectors(space), space, this.#options);
      this.#keeper = new VectorKeeper(this.#vectors, this.#options);
    }
    return this.#vectors;
  }

  /** True if the file of the vectors is not being written, and not worth to be written. */
  get isSaved(): boolean {
    if (this.#saving !== undefined) return false;
    return this.#readOnly || this.#vectorsAreBehind || this.#keeper?.wantsSave !== true;
  }

  /** Has `work` write the vectors to their file, in parts, if that is worth it by now. */
  beginSave(): void {
    if (!this.isSaved) this.#saving ??= this.#keeper?.save();
  }

  /** Writes the vectors to their file, if that is worth it by now; blocks for seconds if they are many. */
  save(): void {
    for (this.beginSave(); this.#saving !== undefined; ) this.#saveSome(this.#saving);
  }

  /** Gives up writing the file of the vectors: the former one stays. */
  abandonSave(): void {
    this.#saving?.return();
    this.#saving = undefined;
  }

  #saveSome(saving: Generator<void, void>): void {
    let isOver = true;
    try {
      isOver = saving.next().done === true;
    } finally {
      if (isOver) this.#saving = undefined;
    }
  }

  /** Bytes that vectors and columns take. */
  get bytes(): { readonly vectors: number; readonly columns: number } {
    return { vectors: this.#vectors?.bytes ?? 0, columns: this.columns.byteLength };
  }

  /** Takes up a change that was just committed. */
  follow(written: Written): void {
    const added = written.items.map(({ sequence }) => sequence);
    this.rows.follow(added, written.removed);
    for (const sequence of written.removed) this.#vectors?.damaged.delete(sequence);
    this.#keeper?.changed(added.length + written.removed.length);
    this.columns.follow(written);
  }

  /** Finds the rows of the items that a filter lets through, or of all, but for damaged ones. @throws SnapshelfError `filter-invalid`. */
  *matching(filter: Filter | undefined): Generator<void, Bitmap> {
    if (filter === undefined) return this.#withoutDamaged(this.rows.table.living.clone());
    const compiled = compileFilter(filter, (key) => this.#queries.fieldType(key));
    return this.#withoutDamaged(yield* this.columns.matching(compiled));
  }

  #withoutDamaged(rows: Bitmap): Bitmap {
    for (const sequence of this.#queries.damaged) {
      const row = this.rows.table.rowOf(sequence);
      if (row !== undefined && row < rows.length) rows.delete(row);
    }
    return rows;
  }

  /** Takes up what another process has written, in a reader. Call it before something is done in slices. */
  catchUp(): void {
    if (!this.#readOnly) return;
    const { sequence } = this.#queries.state();
    if (sequence === this.#upTo) return;
    this.#upTo = sequence;
    this.rows.catchUp(this.#queries.allSequences());
    this.columns.clear();
  }

  /** True if `work` has something to do. `isInUse`: something is done in slices, which may hold rows. */
  isBehind(isInUse: boolean): boolean {
    if (this.#vectorsAreBehind || this.columns.isBehind || this.#saving !== undefined) return true;
    return !isInUse && this.rows.wantsCompaction;
  }

  /** Does a slice of work. Returns false if there is nothing to do. */
  work(isInUse: boolean): boolean {
    if (!this.isBehind(isInUse)) return false;
    if (this.#vectorsAreBehind) this.vectorsOf(this.#queries.state().settings.space).fillSlice();
    else if (this.columns.isBehind) this.columns.work();
    // No row may move before all are written.
    else if (this.#saving !== undefined) this.#saveSome(this.#saving);
    else this.rows.compact();
    return true;
  }

  /** True if most rows are dead, and may be left out but for what is done in slices. */
  get isWorn(): boolean {
    return this.rows.isWorn && this.#saving === undefined;
  }

  /** Leaves dead rows out, where the vectors that are not here yet are few. Not while something is done in slices. */
  compact(): void {
    const { space } = this.#queries.state().settings;
    for (let left = fewSlices; this.#vectorsAreBehind && left > 0; left -= 1)
      this.vectorsOf(space).fillSlice();
    if (!this.#vectorsAreBehind) this.rows.compact();
  }

  /** A reader reads vectors when it searches. */
  get #vectorsAreBehind(): boolean {
    return !this.#readOnly && (this.#vectors?.isBehind ?? this.rows.table.length > 0);
  }
}

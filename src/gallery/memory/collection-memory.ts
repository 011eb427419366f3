import type { Filter } from '../../engine/search-types.ts';
import type { Logger } from '../../log.ts';
import type { ReadItems } from '../columns/column-build.ts';
import { compileFilter } from '../columns/compile-filter.ts';
import { ItemColumns } from '../columns/item-columns.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Written } from '../storage/write-transaction.ts';
import type { Bitmap } from './bitmap.ts';
import { ItemRows } from './item-rows.ts';

/** The parts of a collection that its memory is made of. */
export interface MemorySources {
  readonly queries: CollectionQueries;
  readonly readOnly: boolean;
  readonly log: Logger;
}

/** The memory of an open collection, row by row. The database is the truth, which it follows after each change. */
export class CollectionMemory {
  readonly rows: ItemRows = new ItemRows();
  readonly columns: ItemColumns;
  readonly #queries: CollectionQueries;
  readonly #readOnly: boolean;
  /** The collection's sequence number as of which it is known to a reader. */
  #upTo: number;

  /** Reads the collection of that name. @throws SnapshelfError `gallery-damaged`. */
  constructor(name: string, { queries, readOnly, log }: MemorySources) {
    this.#queries = queries;
    this.#readOnly = readOnly;
    this.#upTo = queries.state().sequence;
    this.rows.follow(queries.findDamaged(name, log), []);
    const read: ReadItems = (after, limit, withMetadata) => queries.namedAfter(after, limit, withMetadata);
    this.columns = new ItemColumns(this.rows, read, queries.fields().keys());
  }

  /** Takes up a change that was just committed. */
  follow(written: Written): void {
    const added = written.items.map(({ sequence }) => sequence);
    this.rows.follow(added, written.removed);
    this.columns.follow(written);
  }

  /** Finds the rows of the items that a filter lets through, but for damaged ones. @throws SnapshelfError `filter-invalid`. */
  *matching(filter: Filter): Generator<void, Bitmap> {
    const compiled = compileFilter(filter, (key) => this.#queries.fieldType(key));
    const found = yield* this.columns.matching(compiled);
    for (const sequence of this.#queries.damaged) {
      const row = this.rows.table.rowOf(sequence);
      if (row !== undefined && row < found.length) found.delete(row);
    }
    return found;
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
    return this.columns.isBehind || (!isInUse && this.rows.wantsCompaction);
  }

  /** Does a slice of work. */
  work(isInUse: boolean): void {
    if (!isInUse && this.rows.wantsCompaction) this.rows.compact();
    else if (this.columns.isBehind) this.columns.work();
  }
}

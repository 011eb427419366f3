import type { CompiledFilter } from '../../engine/index.ts';
import { type FilterField, fieldOf, valueIn } from '../../engine/index.ts';
import type { Bitmap } from '../memory/bitmap.ts';
import type { ItemRows, RowFollower } from '../memory/item-rows.ts';
import type { Written } from '../storage/write-transaction.ts';
import type { Column } from './column.ts';
import { ColumnBuild, type ReadItems } from './column-build.ts';
import { matchingRows } from './matching-rows.ts';
import { tooMuchText } from './values.ts';

/** Columns and bytes that are kept: the columns that were used the longest time ago make room for others. */
const maxColumns = 512;
const maxBytes = 2 ** 30;
/** Fields whose columns are made before anybody names them. */
const maxForeseen = 64;
/** Bytes of their different values up to which that is done: where they have more, the largest wait until somebody filters by them. */
const maxForeseenBytes: number = maxBytes / 4;
/** The items' own fields that filters and counts use most; they may have any number of values. */
const always: readonly string[] = ['label', 'split', 'productId'];
/** Values that were replaced until a column is made anew, without what nothing has any more. */
const fewOverwritten = 4096;

interface Kept {
  readonly field: FilterField;
  readonly column: Column;
}

/** The fields of a collection's items as columns in memory, made when they are first named, or before. */
export class ItemColumns implements RowFollower {
  readonly #rows: ItemRows;
  readonly #read: ReadItems;
  /** By name, the one that was used last at the end. */
  readonly #kept = new Map<string, Kept>();
  readonly #builds = new Set<ColumnBuild>();
  readonly #foreseen = new Set(always);
  /** Fields that somebody has named. */
  readonly #asked = new Set<string>();
  /** Foreseen fields of too much. */
  readonly #large = new Set<string>();
  readonly #maxForeseenBytes: number;

  /**
   * @param keys those of the metadata that have a type
   * @param foreseenBytes bytes of the different values of fields that nobody has named, beyond which the largest are left out. Default: 256 MiB
   */
  constructor(
    rows: ItemRows,
    read: ReadItems,
    keys: Iterable<string>,
    foreseenBytes: number = maxForeseenBytes,
  ) {
    this.#rows = rows;
    this.#read = read;
    this.#maxForeseenBytes = foreseenBytes;
    for (const key of keys) this.#foresee(key);
    rows.followedBy(this);
  }

  /** Bytes that the columns take. */
  get byteLength(): number {
    let bytes = 0;
    for (const { column } of this.#kept.values()) bytes += column.byteLength;
    return bytes;
  }

  /** Finds the rows of the items that a filter lets through. @throws SnapshelfError `filter-invalid`. */
  *matching(filter: CompiledFilter): Generator<void, Bitmap> {
    const columns = yield* this.of(filter.fields);
    return yield* matchingRows(filter, columns, this.#rows.table.living.clone());
  }

  /**
   * Returns the columns of fields, by name, after having made those that are missing.
   * @throws SnapshelfError `filter-invalid` for a field of too much text.
   */
  *of(fields: ReadonlyMap<string, FilterField>): Generator<void, ReadonlyMap<string, Column>> {
    for (const name of fields.keys()) this.#asked.add(name);
    let missing = this.#missing(fields);
    while (missing.size > 0) {
      const build = this.#buildOf(missing);
      this.#step(build, fields);
      missing = this.#missing(fields);
      if (missing.size > 0) yield;
    }
    const columns = new Map<string, Column>();
    for (const name of fields.keys()) {
      const kept = this.#kept.get(name) as Kept;
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      if (kept.column.dictionary.isFull) throw tooMuchText(name);
      columns.set(name, kept.column);
    }
    return columns;
  }

  /** Takes up a change that was just committed, whose rows are there. */
  follow({ items, updated, widened }: Written): void {
    for (const item of [...items, ...updated]) {
      for (const key of Object.keys(item.metadata)) this.#foresee(key);
      const row = this.#rows.table.rowOf(item.sequence);
      if (row === undefined) continue;
      for (const { column, field } of this.#kept.values()) column.set(row, valueIn(item, field));
      for (const build of this.#builds) build.set(row, item);
    }
    // All values of those have changed.
    for (const { field } of widened) {
      this.#kept.delete(`metadata.${field}`);
      for (const build of this.#builds) build.columns.delete(`metadata.${field}`);
    }
  }

  /** Forgets all columns, after another process has changed items: which of them, it does not tell. */
  clear(): void {
    this.#kept.clear();
    this.#builds.clear();
  }

  compacted(from: Uint32Array): void {
    for (const { column } of this.#kept.values()) column.compacted(from);
    for (const build of this.#builds) for (const column of build.columns.values()) column.compacted(from);
  }

  /** True if `work` has something to do. */
  get isBehind(): boolean {
    return this.#builds.size > 0 || this.#due().size > 0;
  }

  /** Does a slice of making the columns that are foreseen to be named, and those anew that have changed much. */
  work(): void {
    const [build = this.#buildOf(this.#due())] = this.#builds;
    this.#step(build, build.columns);
  }

  #foresee(key: string): void {
    if (this.#foreseen.size < always.length + maxForeseen) this.#foreseen.add(`metadata.${key}`);
  }

  #missing(fields: ReadonlyMap<string, FilterField>): Map<string, FilterField> {
    const missing = new Map(fields);
    for (const name of fields.keys()) if (this.#kept.has(name)) missing.delete(name);
    return missing;
  }

  /** The foreseen columns that are not there, and those that are worn out, unless they are in the making. */
  #due(): Map<string, FilterField> {
    const names = [...this.#foreseen].filter((name) => !this.#kept.has(name) && !this.#large.has(name));
    const most = Math.max(fewOverwritten, this.#rows.table.length / 2);
    for (const [name, { column }] of this.#kept) if (column.overwritten > most) names.push(name);
    return new Map(names.flatMap((name) => (this.#isInTheMaking(name) ? [] : [[name, fieldOf(name)]])));
  }

  #isInTheMaking(name: string): boolean {
    for (const build of this.#builds) if (build.columns.has(name)) return true;
    return false;
  }

  /** The build that makes one of the fields, or a new one for all of them, and for what is due: each reads all items. */
  #buildOf(fields: ReadonlyMap<string, FilterField>): ColumnBuild {
    for (const build of this.#builds)
      for (const name of fields.keys()) if (build.columns.has(name)) return build;
    const { lastSequence } = this.#rows.table;
    const build = new ColumnBuild(new Map([...this.#due(), ...fields]), lastSequence);
    this.#builds.add(build);
    return build;
  }

  #step(build: ColumnBuild, needed: ReadonlyMap<string, unknown>): void {
    try {
      build.step(this.#read, this.#rows.table);
    } catch (error) {
      this.#builds.delete(build);
      throw error;
    }
    this.#leaveOutLarge(build);
    if (!build.isDone) return;
    this.#builds.delete(build);
    for (const [name, column] of build.columns) {
      this.#kept.delete(name);
      this.#kept.set(name, { field: fieldOf(name), column });
    }
    this.#makeRoom(needed);
  }

  /** All that fits is made in one walk over the items: a field that is left out takes one of its own once somebody names it. */
  #leaveOutLarge({ columns }: ColumnBuild): void {
    const foreseen = [...columns.keys()].filter((name) => !this.#asked.has(name) && !always.includes(name));
    const bytesOf = (name: string): number => columns.get(name)?.dictionary.byteLength ?? 0;
    let bytes = foreseen.reduce((sum, name) => sum + bytesOf(name), 0);
    while (bytes > this.#maxForeseenBytes) {
      const largest = foreseen.reduce((a, b) => (bytesOf(b) > bytesOf(a) ? b : a));
      bytes -= bytesOf(largest);
      this.#large.add(largest);
      // One that is worn out would be made anew without end.
      this.#kept.delete(largest);
      columns.delete(largest);
    }
  }

  #makeRoom(needed: ReadonlyMap<string, unknown>): void {
    for (const name of [...this.#kept.keys()]) {
      if (this.#kept.size <= maxColumns && this.byteLength <= maxBytes) return;
      if (needed.has(name) || always.includes(name)) continue;
      this.#kept.delete(name);
      this.#asked.delete(name);
      this.#large.add(name);
    }
  }
}

import { fsyncSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { checkVector, type RestoreProgress } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { withDescriptor } from '../../files/index.ts';
import { checkRoom } from '../inspect/check-state.ts';
import { inspectCollectionFile } from '../inspect/inspect-file.ts';
import { newCursorKey } from '../paging/cursor-key.ts';
import { createCollectionFile, openCollectionFile } from '../storage/collection-file.ts';
import type { Database } from '../storage/database.ts';
import { Documents, documentsOf } from '../storage/documents.ts';
import { inferFields, readFields } from '../storage/fields.ts';
import { insertItem } from '../storage/insert-item.ts';
import { removeLog } from '../storage/remove-database.ts';
import type { Settings, VectorSpace } from '../storage/settings.ts';
import { type Counters, readState, writeCounters } from '../storage/state.ts';
import { vectorTableName } from '../storage/tables.ts';
import { createVectorTable, VectorTable } from '../storage/vector-table.ts';
import { withoutPlace } from '../storage/without-place.ts';
import { readItem, rowsAfter, vectorOf } from './foreign-item.ts';

/** Rows between two looks at whether the work is still wanted. */
const rowsPerStep = 100;

/** Options of `copyCollection`. */
export interface CopyOptions {
  /** True keeps what pictures say of the place where they were taken. */
  readonly keepGps: boolean;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/**
 * Copies a foreign file, row by row and each checked as a write is, into a new collection's file: nothing of it but the
 * values of the known columns gets there. A re-index that was under way is taken along. Returns the number of pictures from which a
 * place was removed.
 * @throws SnapshelfError of any code for content that is not accepted; `disk-full`.
 */
export async function copyCollection(
  foreign: Database,
  file: string,
  { keepGps, onProgress }: CopyOptions,
): Promise<number> {
  const { settings: theirs, ...claimed } = readState(foreign);
  checkRoom(foreign.file, claimed.sequence, theirs);
  const ours = settingsFor(theirs);
  createCollectionFile(file, ours);
  let placesRemoved = 0;
  {
    using target = openCollectionFile(file);
    // Nobody uses the file before it is whole: it is synced once, at its end.
    target.exec('PRAGMA synchronous = OFF');
    if (ours.replacement !== undefined) createVectorTable(target, ours.replacement.generation);
    const copy = new Copy(foreign, target, { theirs, ours, keepGps });
    await copy.run((done) => onProgress({ done, total: claimed.items }));
    copy.check(claimed);
    placesRemoved = copy.placesRemoved;
    target.transaction(() => inferFields(target, readFields(foreign)));
    writeCounters(target, claimed);
    for (const { name, content } of documentsOf(foreign)) new Documents(target).set(name, content);
    target.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  withDescriptor(file, 'r+', fsyncSync);
  removeEmptyLog(file);
  if (!inspectCollectionFile(file))
    throw new SnapshelfError('item-invalid', 'Its items were not copied well.');
  return placesRemoved;
}

/**
 * Removes the log, which is empty. Its emptying was not synced, unlike what the making of the tables had written into it: after
 * a power cut that would be put over the newer pages of the file.
 */
function removeEmptyLog(file: string): void {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0)
    throw new SnapshelfError('item-invalid', 'Its items were not copied whole.');
  removeLog(file);
}

/** The settings with generations of our own, and a key for cursors that the maker of the snapshot does not know. */
function settingsFor({ storeImages, createdAt, space, replacement }: Settings): Settings {
  return {
    storeImages,
    createdAt,
    space: { ...space, generation: 1 },
    ...(replacement === undefined ? {} : { replacement: { ...replacement, generation: 2 } }),
    cursorKey: newCursorKey(),
  };
}

const count = (database: Database, table: string): number =>
  database.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;

/** The number of pictures, each of which has one first part. */
const pictures = (database: Database): number =>
  database.get<{ n: number }>('SELECT count(*) AS n FROM images WHERE part = 0')?.n ?? 0;

interface CopySettings {
  readonly theirs: Settings;
  readonly ours: Settings;
  readonly keepGps: boolean;
}

class Copy {
  readonly #foreign: Database;
  readonly #target: Database;
  readonly #theirs: Settings;
  readonly #ours: Settings;
  readonly #keepGps: boolean;
  #lastSequence = 0;
  #pending = 0;
  placesRemoved = 0;

  constructor(foreign: Database, target: Database, { theirs, ours, keepGps }: CopySettings) {
    this.#foreign = foreign;
    this.#target = target;
    this.#theirs = theirs;
    this.#ours = ours;
    this.#keepGps = keepGps;
  }

  /** Copies all items. `onStep` is told how many after each step. */
  async run(onStep: (items: number) => void): Promise<void> {
    let copied = 0;
    let rows = rowsAfter(this.#foreign, 0, rowsPerStep);
    while (rows.length > 0) {
      const step = rows;
      this.#target.transaction(() => {
        for (const row of step) this.#copyItem(row);
      });
      copied += step.length;
      onStep(copied);
      // Lets the process notice that it is no longer wanted.
      await setImmediate();
      rows = rowsAfter(this.#foreign, this.#lastSequence, rowsPerStep);
    }
  }

  #copyItem(found: unknown): void {
    const { row, input } = readItem(this.#foreign, found, this.#theirs.space);
    // In a file whose tree is twisted the next row could be an earlier one, for ever.
    if (row.sequence <= this.#lastSequence)
      throw new SnapshelfError('item-invalid', 'Its items are out of order.');
    this.#lastSequence = row.sequence;
    const without = this.#keepGps || input.image === undefined ? undefined : withoutPlace(row, input.image);
    if (without === undefined) insertItem(this.#target, row, input, this.#ours.space);
    else insertItem(this.#target, without.row, { ...input, image: without.picture }, this.#ours.space);
    if (without !== undefined) this.placesRemoved += 1;
    const { replacement: theirs } = this.#theirs;
    const { replacement: ours } = this.#ours;
    if (theirs !== undefined && ours !== undefined) this.#copyReplacement(row.sequence, theirs, ours);
  }

  #copyReplacement(sequence: number, theirs: VectorSpace, ours: VectorSpace): void {
    const vector = vectorOf(this.#foreign, theirs.generation, sequence);
    if (vector === undefined) return;
    checkVector(vector, theirs);
    new VectorTable(this.#target, ours.generation, ours.dimension).insert(sequence, vector);
    this.#pending += 1;
  }

  /** Checks that nothing was left out, and that the counters are true. @throws SnapshelfError `item-invalid`. */
  check({ sequence, items, products }: Counters): void {
    const tables: [theirs: string, ours: string][] = [
      ['items', 'items'],
      ['thumbnails', 'thumbnails'],
      [vectorTableName(this.#theirs.space.generation), vectorTableName(1)],
    ];
    for (const [theirs, ours] of tables)
      if (count(this.#foreign, theirs) !== count(this.#target, ours))
        throw new SnapshelfError('item-invalid', `It has rows in ${theirs} that belong to no item.`);
    if (pictures(this.#foreign) !== pictures(this.#target))
      throw new SnapshelfError('item-invalid', 'It has rows in images that belong to no item.');
    const { replacement } = this.#theirs;
    if (
      replacement !== undefined &&
      count(this.#foreign, vectorTableName(replacement.generation)) !== this.#pending
    )
      throw new SnapshelfError('item-invalid', 'It has vectors of a re-index that belong to no item.');
    const distinct = this.#target.get<{ n: number }>('SELECT count(DISTINCT product_id) AS n FROM items')?.n;
    if (items !== count(this.#target, 'items') || products !== distinct || sequence < this.#lastSequence)
      throw new SnapshelfError('item-invalid', 'Its counters are not those of its items.');
  }
}

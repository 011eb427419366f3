import type { DeleteOptions, ItemInput, WriteOptions } from '../../engine/index.ts';
import type { Database } from '../storage/database.ts';
import { DiskReserve, isDiskFull } from '../storage/disk-reserve.ts';
import type { Written } from '../storage/write-transaction.ts';
import { deleteItems, type Upserted, upsertItems } from '../storage/writes.ts';

/** The parts of a collection that write. */
export interface Writer {
  readonly database: Database;
  /** Undefined: nothing is kept for a full disk. */
  readonly reserve?: DiskReserve | undefined;
  /** Writes the log of changes into the file, and empties it. */
  readonly writeLogBack: () => void;
  /** Takes a change up in the indexes. */
  readonly follow: (written: Written) => void;
}

/** Items of a filter that are deleted in one transaction. */
const deletedAtOnce = 500;
/** Bytes of an item beside its pictures, and of the pages that refer to it. */
const besidePictures = 64 * 1024;

/**
 * Deletes items and writes the log back: what was deleted is overwritten. In one transaction, unless the disk is full and the reserve
 * too small for all of them. Returns how many there were.
 * @throws SnapshelfError `disk-full`, `item-changed`
 */
export function eraseItems(
  writer: Writer,
  keys: readonly string[] | readonly number[],
  options?: DeleteOptions,
): number {
  const { database, reserve, writeLogBack, follow } = writer;
  let written: Written;
  try {
    written = DiskReserve.use(reserve, () => deleteItems(database, keys, options), writeLogBack);
  } catch (error) {
    if (!isDiskFull(error) || keys.length < 2 || options?.expected !== undefined) throw error;
    const half = keys.length >> 1;
    return eraseItems(writer, keys.slice(0, half)) + eraseItems(writer, keys.slice(half));
  }
  follow(written);
  // What was stored before the disk was full may still be in the log, and make the file longer.
  if (written.removed.length > 0) DiskReserve.use(reserve, writeLogBack, writeLogBack);
  return written.removed.length;
}

/** Deletes any number of items in several transactions, beside other work. Returns how many there were. @throws SnapshelfError `disk-full` */
export function* eraseInParts(writer: Writer, sequences: readonly number[]): Generator<void, number> {
  let deleted = 0;
  for (let start = 0; start < sequences.length; start += deletedAtOnce) {
    deleted += eraseItems(writer, sequences.slice(start, start + deletedAtOnce));
    yield;
  }
  return deleted;
}

/**
 * Writes checked items in one transaction. On a full disk they take the room in the file that deletions have left, if that is enough.
 * @throws SnapshelfError as `upsertItems`
 */
export function storeItems(
  { database, reserve, writeLogBack }: Writer,
  inputs: readonly ItemInput[],
  options?: WriteOptions,
): Upserted {
  const sizes = inputs.map(({ image, thumbnail }) => (image?.length ?? 0) + (thumbnail?.length ?? 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Until it is written back, the log holds all that is stored at once.
  reserve?.prepareFor(Math.max(total / 2, ...sizes));
  const write = (): Upserted => upsertItems(database, inputs, options);
  try {
    return write();
  } catch (error) {
    if (!isDiskFull(error) || freeInside(database) < total + inputs.length * besidePictures) throw error;
  }
  return DiskReserve.use(reserve, write, writeLogBack);
}

/** Bytes of the file that nothing uses. */
function freeInside(database: Database): number {
  const pages = database.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0;
  return pages * (database.get<{ page_size: number }>('PRAGMA page_size')?.page_size ?? 0);
}

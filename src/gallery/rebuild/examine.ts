import { isPictureOf } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { asClause } from '../../json/index.ts';
import { checksumOf, isRight } from '../storage/checksum.ts';
import type { Database } from '../storage/database.ts';
import { type ItemRow, isIntact, itemOf, withChecksum } from '../storage/item-row.ts';
import { describePicture, readPart, readPicture } from '../storage/pictures.ts';
import type { Settings } from '../storage/settings.ts';
import { vectorTableName } from '../storage/tables.ts';
import { withoutPlace } from '../storage/without-place.ts';
import type { CopiedItem, CopyTarget } from './copy-target.ts';
import type { Finding, Listener } from './findings.ts';
import { putAside } from './put-aside.ts';
import { walkItems } from './walk-items.ts';

/** Rows of one transaction. */
const rowsPerStep = 100;

/** Options of `Examination`. */
export interface ExaminationOptions extends Listener {
  /** Gets a copy of what is good. Default: nothing is copied. */
  readonly target?: CopyTarget | undefined;
  /**
   * True for a file of an earlier format, whose rows have no checksums: all of it is copied as it is, and pictures that have not the SHA-256
   * that was stored are marked as damaged. Default false: what is damaged is put aside.
   */
  readonly isOld?: boolean | undefined;
  /** True keeps what pictures say of the place where they were taken. Default false; those of earlier formats are kept. */
  readonly keepGps?: boolean | undefined;
}

/** Reads a collection from its first item to its last, compares each with its checksums, and copies what is good. */
export class Examination {
  readonly #source: Database;
  readonly #settings: Settings;
  readonly #options: ExaminationOptions;
  #items = 0;

  constructor(source: Database, settings: Settings, options: ExaminationOptions) {
    this.#source = source;
    this.#settings = settings;
    this.#options = options;
  }

  /** @throws SnapshelfError `gallery-damaged` for a file of an earlier format of which something cannot be read. */
  run(): void {
    const { target, onProgress, isOld = false } = this.#options;
    const onUnreadable = (sequence: number, id: string | null, error: unknown): void => {
      if (isOld) throw error;
      this.#tell('item', { id, sequence }, `cannot be read: ${textOf(error)}`);
    };
    let step: ItemRow[] = [];
    const copy = (): void => {
      const rows = step;
      step = [];
      this.#items += rows.length;
      if (target === undefined) for (const row of rows) this.#item(row);
      else
        target.transaction(() => {
          for (const row of rows) this.#item(row);
        });
      onProgress?.(this.#items);
    };
    for (const row of walkItems(this.#source, onUnreadable)) if (step.push(row) === rowsPerStep) copy();
    copy();
    this.#leftovers();
  }

  #item(row: ItemRow): void {
    const { target, isOld = false } = this.#options;
    const problem = isOld ? undefined : problemOf(row);
    if (problem !== undefined) {
      this.#tell('item', row, problem);
      if (target !== undefined) putAside(this.#source, target, this.#settings, row, problem);
      return;
    }
    const vectors = this.#vectors(row);
    const { picture: stored, isPictureBad } = this.#picture(row);
    const { row: kept, picture } = this.#withoutPlace(row, stored);
    const thumbnail = this.#thumbnail(row);
    if (target === undefined) return;
    const without = {
      ...kept,
      ...(picture === undefined && row.image_type !== null && lostPicture),
      image_bytes: picture?.length ?? null,
      has_thumbnail: thumbnail === undefined ? 0 : row.has_thumbnail,
    };
    // Nothing of an old file is changed but its form.
    const image_bytes = picture?.length ?? (row.image_type === null ? null : 0);
    const copied = withChecksum(isOld ? { ...row, image_bytes } : without);
    target.insert({ row: copied, vectors, picture, isPictureBad, thumbnail });
  }

  #withoutPlace(row: ItemRow, picture: Uint8Array | undefined): Pick<CopiedItem, 'row' | 'picture'> {
    const { isOld = false, keepGps = false } = this.#options;
    const without = isOld || keepGps || picture === undefined ? undefined : withoutPlace(row, picture);
    if (without !== undefined) this.#tell('place', row, 'is in its picture, and removed by a repair');
    return without ?? { row, picture };
  }

  /** The vectors of an item by generation, but for damaged ones. */
  #vectors(row: ItemRow): Map<number, Uint8Array> {
    const { isOld = false } = this.#options;
    const { space, replacement } = this.#settings;
    const found = new Map<number, Uint8Array>();
    for (const { generation, dimension } of replacement === undefined ? [space] : [space, replacement]) {
      const table = vectorTableName(generation);
      const stored = this.#read(() =>
        this.#source.get<Stored>(
          `SELECT checksum, vector AS bytes FROM ${table} WHERE sequence = ?`,
          row.sequence,
        ),
      );
      const problem = storedProblem(stored, row.sequence, 4 * dimension);
      if (typeof stored === 'object' && (problem === undefined || isOld)) found.set(generation, stored.bytes);
      else if (stored !== undefined || generation === space.generation) {
        // A re-index that is under way has no vectors of some items yet.
        this.#tell('vector', row, problem ?? 'is missing');
        this.#putAside(table, row.sequence, problem ?? '', stored);
      }
    }
    return found;
  }

  #thumbnail(row: ItemRow): Uint8Array | undefined {
    const sql = 'SELECT checksum, bytes FROM thumbnails WHERE sequence = ?';
    const stored = this.#read(() => this.#source.get<Stored>(sql, row.sequence));
    if (stored === undefined && row.has_thumbnail === 0) return undefined;
    const problem = storedProblem(stored, row.sequence);
    if (typeof stored === 'object' && problem === undefined) return stored.bytes;
    this.#tell('thumbnail', row, problem ?? 'is missing');
    this.#putAside('thumbnails', row.sequence, problem ?? '', stored);
    return undefined;
  }

  #picture(row: ItemRow): { readonly picture: Uint8Array | undefined; readonly isPictureBad: boolean } {
    const { target, isOld = false } = this.#options;
    const bytes = this.#read(() => {
      if (isOld) return readPart(this.#source, row.sequence, 0);
      const picture = describePicture(this.#source, row);
      return picture === undefined ? undefined : readPicture(this.#source, picture);
    });
    if (isOld && bytes === undefined && row.image_type !== null) this.#tell('picture', row, 'is missing');
    if (typeof bytes !== 'string') {
      const isPictureBad = bytes !== undefined && !isPictureOf(bytes, row.image_hash);
      if (!isPictureBad) return { picture: bytes, isPictureBad };
      this.#tell('picture', row, 'has not the SHA-256 that was stored');
      if (isOld) return { picture: bytes, isPictureBad };
    } else this.#tell('picture', row, bytes);
    if (target !== undefined && !isOld)
      putAside(this.#source, target, this.#settings, row, 'its picture is damaged', ['images']);
    return { picture: undefined, isPictureBad: false };
  }

  /** Looks for what belongs to no item, which nothing reads. */
  #leftovers(): void {
    const { target } = this.#options;
    const { space, replacement } = this.#settings;
    const generations = replacement === undefined ? [space] : [space, replacement];
    const vectors = generations.map(({ generation }) => vectorTableName(generation));
    for (const table of ['images', 'thumbnails', ...vectors]) {
      const sql = `SELECT DISTINCT sequence FROM ${table} WHERE sequence NOT IN (SELECT sequence FROM items)`;
      const rows = this.#read(() => this.#source.all<{ sequence: number }>(sql));
      if (typeof rows === 'string')
        this.#tell('database', none, `the table ${table} cannot be read through: ${rows}`);
      else
        for (const { sequence } of rows ?? []) {
          this.#tell('leftover', { id: null, sequence }, `of the table ${table} belongs to no item`);
          const row = { sequence };
          if (target !== undefined)
            target.transaction(() =>
              putAside(this.#source, target, this.#settings, row, 'it belongs to no item', [table]),
            );
        }
    }
  }

  #putAside(origin: string, sequence: number, why: string, stored: Stored | string | undefined): void {
    if (typeof stored === 'object' && this.#options.isOld !== true)
      this.#options.target?.quarantine({ origin, sequence, why, content: stored.bytes });
  }

  /** Returns what was read; a text if it could not be, which says why. */
  #read<T extends object | undefined>(read: () => T): T | string {
    try {
      return read();
    } catch (error) {
      if (this.#options.isOld === true && !isAboutItem(error)) throw error;
      return textOf(error);
    }
  }

  #tell(
    what: Finding['what'],
    item: { readonly id: string | null; readonly sequence: number },
    why: string,
  ): void {
    this.#options.onFinding({ what, id: item.id, sequence: item.sequence, why });
  }
}

interface Stored {
  readonly checksum: number | null;
  readonly bytes: Uint8Array;
}

const none = { id: null, sequence: 0 };
/** The columns of an item whose picture is gone: so that an import of the same picture stores it again. */
const lostPicture = { image_type: null, image_hash: '', sent_hash: null };

const isAboutItem = (error: unknown): boolean =>
  error instanceof SnapshelfError && error.code === 'item-damaged';

const textOf = (error: unknown): string => (error instanceof Error ? asClause(error.message) : String(error));

function problemOf(row: ItemRow): string | undefined {
  if (!isIntact(row)) return 'has another checksum';
  try {
    itemOf(row);
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

function storedProblem(
  stored: Stored | string | undefined,
  sequence: number,
  bytes?: number,
): string | undefined {
  if (stored === undefined) return undefined;
  if (typeof stored === 'string') return `cannot be read: ${stored}`;
  if (!isRight(stored.checksum, () => checksumOf(stored.bytes, sequence))) return 'has another checksum';
  return bytes === undefined || stored.bytes.length === bytes
    ? undefined
    : `has ${stored.bytes.length} bytes`;
}

import { randomFillSync } from 'node:crypto';
import { rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { fileError, withDescriptor } from '../../files/index.ts';
import type { Logger } from '../../log.ts';

const leastBytes = 4 * 1024 * 1024;
const blockBytes = 256 * 1024;
/** Free bytes below which opening collections may fail: each needs some for its log. */
const scarceBytes = 2 * 1024 * 1024;
/** The reserve is made again when that many times its size are free. */
const timesFree = 4;

/** True for the error of a disk, or a file, that has no room. */
export function isDiskFull(error: unknown): boolean {
  const known = fileError(error, '');
  return known instanceof SnapshelfError && known.code === 'disk-full';
}

/** The name of the reserve in a data folder. */
export const reserveName = 'reserve';

/**
 * Space of the disk that a data folder keeps for when nothing else is left: deleting, and starting, take some themselves.
 * It is a file, which is removed when it is needed and made again when there is room.
 */
export class DiskReserve {
  readonly #file: string;
  readonly #directory: string;
  readonly #log: Logger;
  #bytes = leastBytes;

  /** Nothing is made or removed yet: the folder may be another process's. */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#file = join(directory, reserveName);
    this.#log = log;
    this.#bytes = Math.max(leastBytes, this.#size);
  }

  /** Makes the reserve if there is room, or gives it up if there is next to none. The folder is locked. */
  prepare(): void {
    if (this.#free < scarceBytes) this.#release();
    else this.refill();
  }

  /** Grows the reserve for pictures: what is deleted is overwritten, which takes its size of the disk for a moment. */
  prepareFor(bytes: number): void {
    const needed = leastBytes + 2 * bytes;
    if (needed <= this.#bytes) return;
    this.#bytes = needed;
    this.refill();
  }

  /** Makes the reserve again if there is room. */
  refill(): void {
    if (this.#size < this.#bytes && this.#free >= timesFree * this.#bytes) this.#make(this.#bytes);
  }

  /** Makes the reserve of what is left on a disk that is full or nearly so: the next deletion needs it as much. */
  restore(): void {
    const bytes = Math.min(this.#bytes, this.#size + this.#free);
    if (this.#size < bytes) this.#make(bytes);
  }

  /**
   * Does work that needs room for a moment only, such as a deletion; on a full disk once more, with the reserve, which is made again
   * afterwards.
   * @param giveBack Gives the room back that work took for a moment. Called before the second try, which needs what earlier
   * work has left, and after it.
   * @throws unknown what the work throws.
   */
  static use<T>(reserve: DiskReserve | undefined, work: () => T, giveBack: () => void = () => {}): T {
    try {
      return work();
    } catch (error) {
      if (!isDiskFull(error) || reserve === undefined || !reserve.#release()) throw error;
    }
    try {
      giveBack();
      const result = work();
      giveBack();
      return result;
    } finally {
      reserve.restore();
    }
  }

  /** Writes the file. What is there when the disk is full all the same stays: it is the room that there is. */
  #make(bytes: number): void {
    try {
      const block = randomFillSync(Buffer.alloc(blockBytes));
      withDescriptor(this.#file, 'w', (file) => {
        for (let written = 0; written < bytes; )
          written += writeSync(file, block, 0, Math.min(blockBytes, bytes - written));
      });
    } catch (error) {
      this.#log.warn('no space of the disk could be reserved for deletions', { error: String(error) });
    }
  }

  #release(): boolean {
    if (this.#size === 0) return false;
    rmSync(this.#file, { force: true });
    this.#log.warn('the disk is full: the space that was reserved for deletions is used', {
      directory: this.#directory,
    });
    return true;
  }

  get #size(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** 0 if the folder is gone, which the next write tells: this is looked at in idle time, where nobody asked for anything. */
  get #free(): number {
    try {
      const { bavail, bsize } = statfsSync(this.#directory);
      return bavail * bsize;
    } catch {
      return 0;
    }
  }
}

import { SnapshelfError } from '../../errors.ts';

/** From where to where a part of a file stands, in bytes. */
export type Range = readonly [start: number, end: number];

/** Bytes that are looked at once more than the file has: thumbnails have EXIF of their own within that of their picture. */
const moreBytes = 4 * 2 ** 20;

/** Bytes of which parts are replaced by others of the same length. They are copied when the first is. */
export class Edited {
  readonly #given: Uint8Array;
  #copy: Uint8Array | undefined;
  #left: number;

  constructor(given: Uint8Array) {
    this.#given = given;
    this.#left = 2 * given.length + moreBytes;
  }

  /** The bytes as they are now: those that were given, if nothing was replaced. */
  get bytes(): Uint8Array {
    return this.#copy ?? this.#given;
  }

  /**
   * Replaces what stands in ranges, joined in their order, by what `edit` makes of it; undefined leaves it.
   * @throws SnapshelfError `image-corrupt` where the same bytes are named over and over.
   */
  replace(ranges: readonly Range[], edit: (part: Uint8Array) => Uint8Array | undefined): void {
    for (const [start, end] of ranges) this.#left -= end - start;
    if (this.#left < 0)
      throw new SnapshelfError('image-corrupt', 'The image names the same metadata over and over.');
    const parts = ranges.map(([start, end]) => this.bytes.subarray(start, end));
    const [only] = parts;
    const joined = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    const edited = edit(joined);
    if (edited === undefined) return;
    this.#copy ??= Uint8Array.from(this.#given);
    let at = 0;
    for (const [start, end] of ranges) {
      this.#copy.set(edited.subarray(at, at + end - start), start);
      at += end - start;
    }
  }
}

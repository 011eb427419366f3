import { z } from 'zod';
import { type Json, maxMetadataBytes, maxMetadataValues, type Split } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { name, readUserJson } from '../../json/index.ts';
import { canonical, counted, Trimmer } from '../../text.ts';
import type { ItemPicture } from '../prepare-item.ts';

/** The fields of an item whose vector stands elsewhere: in the same row of a file of vectors. */
export interface VectorItem {
  readonly id: string;
  /** Default: the id. */
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  readonly split?: Split | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  /** @internal Its picture, prepared to be stored. Default: none. */
  readonly picture?: ItemPicture | undefined;
}

/** An item of a line, with the name of its picture where pictures are read. */
export interface LineItem extends VectorItem {
  readonly image?: string | undefined;
}

/** A line that is no item, and why. */
export interface BadLine {
  /** The id, where the line has one. */
  readonly id: string | null;
  readonly problem: string;
}

/** Most bytes of a line: those of the metadata with room for blanks and escapes, and the other fields. */
export const maxLineBytes: number = 4 * maxMetadataBytes;

const lineLimits = {
  bytes: maxLineBytes,
  depth: 64,
  nodes: maxMetadataValues + 50,
  elements: maxMetadataValues,
};

const text = name(z.string().max(4096));

/** A line of JSON Lines. What is null is left out, as in answers of the API. */
const lineSchema = z.strictObject({
  id: text.describe('Id of the item; an item of the same id is replaced.'),
  productId: text.nullish().describe('The product of the item. Default: its id.'),
  label: text.nullish().describe('The class of the item.'),
  split: z.enum(['train', 'query', 'gallery', 'test']).nullish(),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe('Any JSON object; filters can use its fields.'),
  image: text.nullish().describe('The file of its picture, in the folder of pictures.'),
});

/** Reads the lines of a JSON Lines file of items, one after the other. */
export class VectorItemReader {
  readonly #trimmer = new Trimmer();
  readonly #hasPictures: boolean;
  #line = 0;
  #leftOut = 0;

  /** @param hasPictures true gives the names of pictures, false leaves them out */
  constructor(hasPictures = false) {
    this.#hasPictures = hasPictures;
  }

  /** Reads the next line. Returns undefined for a blank one, and never throws: a bad line is one item that fails. */
  read(line: Uint8Array): LineItem | BadLine | undefined {
    this.#line += 1;
    if (line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) return undefined;
    try {
      return this.#item(readUserJson(line, lineLimits));
    } catch (error) {
      if (!(error instanceof SnapshelfError)) throw error;
      return { id: null, problem: `Line ${this.#line} of the items cannot be read: ${error.message}` };
    }
  }

  /** Sentences about what was read otherwise than written. */
  notes(): string[] {
    const notes = this.#trimmer.notes();
    if (this.#leftOut > 0)
      notes.push(
        `${counted(this.#leftOut, 'line')} ${this.#leftOut === 1 ? 'names' : 'name'} a picture, which was left out: no folder of pictures was named.`,
      );
    return notes;
  }

  #item(value: unknown): LineItem | BadLine {
    const read = lineSchema.safeParse(value);
    if (!read.success) {
      const { message, path } = read.error.issues[0] as z.core.$ZodIssue;
      const id = (value as { readonly id?: unknown } | null)?.id;
      const where = path.length === 0 ? '' : `, ${path.join('.')}`;
      const problem = `Line ${this.#line} of the items${where}: ${message}. Give id, and if you like productId, label, split, metadata and image.`;
      return { id: typeof id === 'string' ? id : null, problem };
    }
    const { id, productId, label, split, metadata, image } = read.data;
    if (image != null && !this.#hasPictures) this.#leftOut += 1;
    return {
      id: this.#trim(id, 'id'),
      productId: productId == null ? undefined : this.#trim(productId, 'productId'),
      label: label == null ? undefined : this.#trim(label, 'label'),
      split: split ?? undefined,
      metadata: (metadata as Record<string, Json> | null | undefined) ?? undefined,
      ...(image != null && this.#hasPictures && { image }),
    };
  }

  /** An item is found by its id as it was sent, and stored in its one spelling. */
  #trim(value: string, field: string): string {
    const short = this.#trimmer.trim(value, () => `line ${this.#line}, ${field}`);
    return short === canonical(value) ? value : short;
  }
}

/** Yields the lines of a text, without their ends; nothing for an end of the text behind the last line's. */
export function* linesIn(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.subarray(start, end === -1 ? bytes.length : end);
    start = end === -1 ? bytes.length : end + 1;
  }
}

/** True for a line that is no item. */
export const isBadLine = (line: VectorItem | BadLine): line is BadLine => 'problem' in line;

/** Finds ids that occur twice, in whatever spelling. */
export class OnceOnly {
  readonly #rows = new Map<string, number>();

  /** Returns the row that had the id before, from 0; undefined if none had. */
  earlier(id: string, row: number): number | undefined {
    const key = canonical(id);
    const before = this.#rows.get(key);
    if (before === undefined) this.#rows.set(key, row);
    return before;
  }
}

import type { WriteOptions } from './write-types.ts';

/** A JSON value, as metadata holds it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The type of a metadata field: what all its values are, but for null and objects, which have none. */
export type FieldType = 'text' | 'number' | 'boolean' | 'list';

/** The part of a data set that an item belongs to. */
export type Split = 'train' | 'query' | 'gallery' | 'test';

/** An item to store. It replaces the one of the same id whole. */
export interface ItemInput {
  /** 1 to 512 characters, a relative path or a plain name. */
  readonly id: string;
  /** Default: the id. */
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  /** At most 64 KiB of JSON, 1,000 values, 32 levels deep. */
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  readonly split?: Split | undefined;
  /** `float32[D]`, raw: the gallery normalises for cosine. */
  readonly vector: Float32Array;
  /** SHA-256 (hex) of the picture's bytes, '' where there is none. */
  readonly imageHash: string;
  /** SHA-256 (hex) of the picture as it was sent, which tells whether another is the same. Default: `imageHash`. */
  readonly sentHash?: string | undefined;
  /** The picture as it was sent; kept only where the collection stores images. */
  readonly image?: Uint8Array | undefined;
  /** Media type of `image`: JPEG, PNG, WebP, AVIF, GIF, or `application/octet-stream` (the default). */
  readonly imageType?: string | undefined;
  /** JPEG. */
  readonly thumbnail?: Uint8Array | undefined;
}

/** An item as it is stored. */
export interface Item {
  readonly id: string;
  readonly productId: string;
  readonly label: string | null;
  readonly metadata: Record<string, Json>;
  readonly split: string | null;
  /** SHA-256 (hex) of the picture that is stored, '' where it is not known. */
  readonly imageHash: string;
  /** SHA-256 (hex) of the picture as it was sent, before places were removed from it. */
  readonly sentHash: string;
  readonly hasImage: boolean;
  readonly hasThumbnail: boolean;
  /** The change that wrote it: rises with every upsert, never used twice. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** A metadata field that became text, because values of two types were given. */
export interface WidenedField {
  readonly field: string;
  /** The type that it had. */
  readonly from: FieldType;
}

/**
 * The change that a write made of an item: it is new, it was there and differed, it has other fields now (`Gallery.update`),
 * or it was there just so.
 */
export type ItemChange = 'added' | 'replaced' | 'updated' | 'unchanged';

/** The result of `Gallery.upsert`. */
export interface UpsertResult {
  /** The items as they are stored now, in the order they were given. */
  readonly items: Item[];
  /** The change of each, in the same order. */
  readonly changes: ItemChange[];
  /** Number of new items. */
  readonly added: number;
  /** The ids of those that were there and differed. */
  readonly replaced: string[];
  /** Number of items that were there with the same vector, picture and fields: they keep their sequence number. */
  readonly unchanged: number;
  /** The metadata fields that became text; their stored values were made text too. */
  readonly widened: WidenedField[];
}

/** A change of an item that leaves its picture and vector as they are. What is undefined stays. */
export interface ItemUpdate {
  readonly id: string;
  /** null makes the item its own product. */
  readonly productId?: string | null | undefined;
  readonly label?: string | null | undefined;
  readonly split?: Split | null | undefined;
  /** Is merged into the metadata: null removes a key, objects are merged (RFC 7396). */
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** Options of `Gallery.update`. */
export interface UpdateOptions extends WriteOptions {
  /** True replaces the metadata whole, instead of merging. Default false. */
  readonly replaceMetadata?: boolean | undefined;
}

/** The result of `Gallery.update`. */
export interface UpdateResult {
  /** The items as they are stored now, in the order they were given. */
  readonly items: Item[];
  /** The change of each, in the same order. */
  readonly changes: ItemChange[];
  readonly updated: number;
  readonly unchanged: number;
  readonly widened: WidenedField[];
}

/** Options of `Gallery.ids`. */
export interface IdsOptions {
  /** Only ids that begin so. Default: all. */
  readonly prefix?: string | undefined;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  /** 1 to 10,000. Default 10,000. */
  readonly limit?: number | undefined;
}

/** A picture with its media type. */
export interface StoredImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
}

/** A picture that is stored, to be read part by part. */
export interface StoredPicture {
  /** The change that wrote its item. */
  readonly sequence: number;
  readonly mediaType: string;
  readonly byteLength: number;
  /** Number of parts, of 256 KiB each but the last; 1 where the collection has an earlier format. */
  readonly parts: number;
  /** SHA-256 (hex) of its bytes, '' where it is not known. */
  readonly hash: string;
}

/** A new vector for an item as it was at `sequence`; dropped when the item has changed since. */
export interface ReembeddedVector {
  readonly id: string;
  readonly sequence: number;
  readonly vector: Float32Array;
}

/** A stored object. */
export interface StoredObject {
  readonly key: string;
  readonly byteLength: number;
  /** Milliseconds since 1970 when it was written, by the clock of the store. */
  readonly writtenAt: number;
}

/** Facts that are kept with a picture. */
export interface AboutPicture {
  /** SHA-256 (hex) of its bytes, which the store compares with what arrives. */
  readonly sha256: string;
  readonly mediaType: string;
  /** The item that it is of, for whoever looks at the bucket, and for a sweep. */
  readonly itemId: string;
}

/**
 * A place outside of the engine for the pictures as they were sent. Keys are those of `PictureReference`. Calls reject with
 * `picture-store-unavailable` when the store gives no answer or refuses one, and with `closed`.
 */
export interface PictureStore {
  /** Its address without anything secret, as it was given. */
  readonly url: string;
  /** Writes a picture. Written again under the same key it is one object. */
  put(key: string, picture: Uint8Array, about: AboutPicture): Promise<void>;
  /** Reads a picture of that many bytes; undefined if there is none, or one of another length. */
  get(key: string, byteLength: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Looks whether a picture is there. Returns the id of its item, where that was short enough to be kept. */
  find(key: string): Promise<{ readonly itemId: string | undefined } | undefined>;
  /** Removes a picture. One that is not there is no error. */
  remove(key: string): Promise<void>;
  /** Lists the objects whose keys begin so, by key. */
  list(prefix: string): AsyncGenerator<StoredObject, void>;
  /** Ends the calls under way, which reject with `closed`. */
  close(): void;
}

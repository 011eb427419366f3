import type {
  AboutPicture,
  PictureStore,
  StoredObject,
} from '../../../../src/engines/pictures/picture-store.ts';
import { SnapshelfError } from '../../../../src/errors.ts';

/** A picture store in memory, whose calls can be made to fail. */
export class MemoryStore implements PictureStore {
  readonly url: string = 's3://memory';
  readonly objects = new Map<string, { bytes: Uint8Array; about: AboutPicture; writtenAt: number }>();
  isClosed = false;
  isAway = false;

  #check(): void {
    if (this.isAway)
      throw new SnapshelfError('picture-store-unavailable', 'The picture store gives no answer. Try again.');
  }

  async put(key: string, picture: Uint8Array, about: AboutPicture): Promise<void> {
    this.#check();
    this.objects.set(key, { bytes: Uint8Array.from(picture), about, writtenAt: 0 });
  }

  async get(key: string, byteLength: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#check();
    const bytes = this.objects.get(key)?.bytes;
    return bytes?.length === byteLength ? Uint8Array.from(bytes) : undefined;
  }

  async find(key: string): Promise<{ readonly itemId: string | undefined } | undefined> {
    this.#check();
    const found = this.objects.get(key);
    return found && { itemId: found.about.itemId };
  }

  async remove(key: string): Promise<void> {
    this.#check();
    this.objects.delete(key);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void> {
    this.#check();
    for (const [key, { bytes, writtenAt }] of [...this.objects].sort())
      if (key.startsWith(prefix)) yield { key, byteLength: bytes.length, writtenAt };
  }

  close(): void {
    this.isClosed = true;
  }
}

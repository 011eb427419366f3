import type { Retriever } from '../retrieval/index.ts';

/** Makes a data URI of a picture. */
export const dataUri = (bytes: Uint8Array, mediaType: string): string =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;

/** Returns the thumbnail of an item as a data URI; undefined for an item without one, which a page shows by its id. */
export async function thumbnailUri(
  { gallery }: Retriever,
  collection: string,
  id: string,
): Promise<string | undefined> {
  const picture = await gallery.thumbnail(collection, id).catch(() => undefined);
  return picture && dataUri(picture.bytes, picture.mediaType);
}

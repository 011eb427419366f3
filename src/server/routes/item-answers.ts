import type { Request, Response } from 'express';
import type { Item, WidenedField } from '../../gallery/index.ts';
import type { ItemAnswer } from '../operations/answer-parts.ts';
import { collectionPath } from './route.ts';

/** Returns an item with the links to its pictures. */
export function itemWithLinks(request: Request, item: Item): ItemAnswer {
  const path = `${collectionPath(request)}/items/${encodeURIComponent(item.id)}`;
  const links = {
    self: path,
    ...(item.hasImage ? { image: `${path}/image` } : {}),
    ...(item.hasThumbnail ? { thumbnail: `${path}/thumbnail` } : {}),
  };
  return { ...item, links };
}

/**
 * Sets the headers of a stored picture, so that a browser shows it as nothing but a picture. Returns true if the client has
 * it already, and was told so.
 */
export function pictureHeaders(
  response: Response<string | Uint8Array>,
  mediaType: string,
  etag: string,
): boolean {
  response.type(mediaType).set({
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, max-age=0, must-revalidate',
    ETag: `"${etag}"`,
  });
  if (response.req.fresh) response.status(304).end();
  return response.req.fresh;
}

/** Makes the member `widened` of an answer, or none where nothing was. */
export const widenedMember = (
  widened: readonly WidenedField[],
): { readonly widened?: readonly WidenedField[] } => (widened.length === 0 ? {} : { widened });

/** Collects the metadata fields that a request made text, to tell the client. */
export class Widened {
  readonly #fields = new Map<string, WidenedField>();

  readonly add = (field: WidenedField): void => void this.#fields.set(field.field, field);

  /** The member `widened` of the answer, or none where nothing was. */
  get told(): { readonly widened?: readonly WidenedField[] } {
    return widenedMember([...this.#fields.values()]);
  }
}

import type { Request, Response } from 'express';
import type { Item, WidenedField } from '../../engine/index.ts';
import type { ItemAnswer } from '../operations/answer-parts.ts';
import { collectionPath } from './route.ts';

/** Returns an item with the links to its pictures. */
export function itemWithLinks(request: Request, item: Item): ItemAnswer {
  const path = `${collectionPath(request)}/items/${encodeURIComponent(item.id)}`;
  // Under an address with their hash pictures never change, so that browsers may keep them.
  const version = item.imageHash === '' ? '' : `?hash=${item.imageHash}`;
  const links = {
    self: path,
    ...(item.hasImage ? { image: `${path}/image${version}` } : {}),
    ...(item.hasThumbnail ? { thumbnail: `${path}/thumbnail${version}` } : {}),
  };
  return { ...item, links };
}

/** Properties of a picture that is sent. */
export interface PictureHeaders {
  readonly mediaType: string;
  /** Another one for every other picture. */
  readonly tag: string;
  /** True if its address has its hash, so that it stays as it is. */
  readonly isForever: boolean;
}

/**
 * Sets the headers of a stored picture, so that a browser shows it as nothing but a picture. Returns true if the client has
 * it already, and was told so.
 */
export function pictureHeaders(
  response: Response<string | Uint8Array>,
  { mediaType, tag, isForever }: PictureHeaders,
): boolean {
  response.type(mediaType).set({
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': isForever
      ? 'private, max-age=31536000, immutable'
      : 'private, max-age=0, must-revalidate',
    ETag: `"${tag}"`,
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

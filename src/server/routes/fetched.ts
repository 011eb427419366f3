import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { AddInput, AddResult } from '../../retrieval/index.ts';
import { pipeline } from '../../threads/index.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { BatchItem } from '../parsing/schemas.ts';
import { meterOf } from '../uploads/upload-budget.ts';
import type { Context } from './context.ts';

/** Pictures of one request that are fetched at a time. */
const atOnce = 4;

type Fetching = Pick<Context, 'fetcher' | 'limits' | 'uploads'>;

/** Fetches a picture, whose bytes are held as if the request had brought them. */
async function fetchPicture(
  { fetcher, limits }: Fetching,
  request: Request,
  url: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (fetcher === undefined)
    throw new SnapshelfError(
      'url-refused',
      'This server fetches no pictures by their addresses: its operator lists no hosts in allowUrls. Send the picture itself.',
    );
  const image = await fetcher.fetch(url, { maxBytes: limits.imageBytes, signal });
  const problem = meterOf(request).add(image.length);
  if (problem !== undefined) throw problem;
  return image;
}

/**
 * Fetches the picture of an item by its address. It counts as if the request had brought it.
 * @throws SnapshelfError as `PictureFetcher.fetch`; `url-refused` where nothing may be fetched; `queue-full`, `rate-limited`.
 */
export async function fetchItemPicture(
  context: Fetching,
  request: Request,
  response: Response,
  url: string,
): Promise<Uint8Array> {
  const image = await fetchPicture(context, request, url, scopeOf(response).signal);
  await context.uploads.admitFetched('item', request, response, [image]);
  return image;
}

/** An item whose picture has been fetched, or why it has not. */
export type FetchedItem = AddInput | (AddResult & { readonly ok: false });

/**
 * Fetches the pictures of a batch, each with an error of its own.
 * @throws SnapshelfError `request-invalid` for an item without an address; `queue-full`, `rate-limited`.
 */
export async function fetchItems(
  context: Fetching,
  request: Request,
  response: Response,
  items: readonly BatchItem[],
): Promise<FetchedItem[]> {
  const { signal } = scopeOf(response);
  const { batchImages, batchBytes } = context.limits;
  if (items.length > batchImages)
    throw new SnapshelfError(
      'request-invalid',
      `The batch has ${items.length} addresses, more than the ${batchImages} pictures that are allowed. Nothing was stored.`,
    );
  let bytes = 0;
  const fetchOne = async ({ url, file: _, ...item }: BatchItem): Promise<FetchedItem> => {
    if (url === undefined)
      throw new SnapshelfError(
        'request-invalid',
        `The item ${shown(item.id)} has no url, as the others have. Nothing was stored.`,
      );
    try {
      if (bytes > batchBytes)
        throw new SnapshelfError(
          'body-too-large',
          `The pictures before it have more than ${batchBytes} bytes.`,
        );
      const image = await fetchPicture(context, request, url, signal);
      bytes += image.length;
      return { ...item, image };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SnapshelfError)) throw error;
      return { id: item.id, ok: false, error };
    }
  };
  const fetched: FetchedItem[] = [];
  for await (const one of pipeline(items, atOnce, fetchOne)) fetched.push(one);
  const images = fetched.flatMap((one) => ('image' in one ? [one.image] : []));
  await context.uploads.admitFetched('batch', request, response, images);
  return fetched;
}

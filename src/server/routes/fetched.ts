import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { AddInput, AddResult } from '../../retrieval/index.ts';
import { pipeline } from '../../threads/index.ts';
import type { BatchItem } from '../parsing/schemas.ts';
import { meterOf } from '../uploads/upload-budget.ts';
import type { Context } from './context.ts';

/** Pictures of one request that are fetched at a time. */
const atOnce = 4;

type Fetching = Pick<Context, 'fetcher' | 'limits'>;

/**
 * Fetches a picture by its address. Its bytes count as if the request had brought them.
 * @throws SnapshelfError as `PictureFetcher.fetch`; `url-refused` where nothing may be fetched; `queue-full`.
 */
export async function fetchPicture(
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

/** An item whose picture has been fetched, or why it has not. */
export type FetchedItem = AddInput | (AddResult & { readonly ok: false });

/**
 * Fetches the pictures of a batch, each with an error of its own.
 * @throws SnapshelfError `request-invalid` for an item without an address.
 */
export async function fetchItems(
  context: Fetching,
  request: Request,
  items: readonly BatchItem[],
  signal: AbortSignal,
): Promise<FetchedItem[]> {
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
  return fetched;
}

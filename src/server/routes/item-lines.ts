import type { Request, Response } from 'express';
import type { Engine, ItemPage, ListOptions } from '../../engine/index.ts';
import { sendLines } from '../http/send-lines.ts';
import { itemWithLinks } from './item-answers.ts';

/** Most items of a page of the gallery. */
const atOnce = 1000;

/** A list to be sent as lines. */
export interface Listing {
  readonly gallery: Engine;
  readonly collection: string;
  /** Its options; `limit` is the number of all its items. Default: to the end. */
  readonly options: ListOptions;
}

async function* pagesFrom(
  first: ItemPage,
  { gallery, collection, options }: Listing,
): AsyncGenerator<ItemPage['items']> {
  let left = (options.limit ?? Number.POSITIVE_INFINITY) - first.items.length;
  yield first.items;
  for (let after = first.next; after !== null && left > 0; ) {
    const page = await gallery.list(collection, { ...options, limit: Math.min(left, atOnce), after });
    left -= page.items.length;
    after = page.next;
    yield page.items;
  }
}

/**
 * Sends the items of a list, one per line, to its end. How many damaged ones were left out is in the header `X-Damaged-Items`.
 * @throws SnapshelfError as `Engine.list`, before anything is sent.
 */
export async function sendItemLines(request: Request, response: Response, listing: Listing): Promise<void> {
  const { gallery, collection, options } = listing;
  const first = await gallery.list(collection, {
    ...options,
    limit: Math.min(options.limit ?? atOnce, atOnce),
  });
  if (first.damaged !== undefined) response.set('X-Damaged-Items', String(first.damaged));
  async function* lines(): AsyncGenerator<object[]> {
    for await (const items of pagesFrom(first, listing))
      yield items.map((item) => itemWithLinks(request, item));
  }
  await sendLines(response, lines());
}

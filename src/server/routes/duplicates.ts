import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { Context } from './context.ts';
import { itemWithLinks } from './item-answers.ts';
import { type Handler, parameter } from './route.ts';

/** Checks that a threshold is given where the metric has no default. @throws SnapshelfError `request-invalid`. */
export async function requireThreshold(
  { gallery }: Retriever,
  collection: string,
  threshold: number | undefined,
): Promise<void> {
  const { metric } = await gallery.info(collection);
  if (threshold === undefined && metric !== 'cosine')
    throw new SnapshelfError(
      'request-invalid',
      `Send a threshold: scores of the metric ${metric} have no common scale, so that there is no default.`,
    );
}

/** Returns the handler that lists what is nearly identical to an item. */
export const itemDuplicates =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/items/:id/duplicates', 'get'> =>
  async (request, response) => {
    const options = await uploads.fields('duplicates', request, response);
    const { signal } = scopeOf(response);
    const collection = parameter(request, 'collection');
    const id = parameter(request, 'id');
    await requireThreshold(retriever, collection, options.threshold);
    const { item, threshold, duplicates, more, searched } = await retriever.duplicates(collection, id, {
      ...options,
      signal,
    });
    response.json({
      item: itemWithLinks(request, item),
      threshold,
      duplicates: duplicates.map(({ item: other, ...rest }) => ({
        ...rest,
        item: itemWithLinks(request, other),
      })),
      more,
      searched,
    });
  };

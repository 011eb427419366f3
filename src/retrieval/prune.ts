import { SnapshelfError } from '../errors.ts';
import type { Gallery } from '../gallery/index.ts';
import { canonical } from '../text.ts';
import type { ImportSample, PruneOptions } from './import-types.ts';

/** The collection that is pruned. */
export interface PrunePlace {
  readonly gallery: Gallery;
  readonly collection: string;
}

/** Collects the ids of a collection that begin with `prefix`. */
async function idsOf({ gallery, collection }: PrunePlace, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  const filter = prefix === '' ? undefined : { field: 'id', gte: prefix };
  for (let after: string | undefined; ; ) {
    const page = await gallery.list(collection, { filter, after, limit: 1000 });
    for (const { id } of page.items) if (id.startsWith(prefix)) ids.push(id);
    if (page.next === null) return ids;
    after = page.next;
  }
}

/**
 * Lists the items that are not among the samples. It is asked before anything is stored: a source that is not all there, such
 * as a disk that is not mounted, must not empty a collection.
 * @throws SnapshelfError `prune-refused` if they are more than may go.
 */
export async function idsToPrune(
  samples: Iterable<ImportSample>,
  place: PrunePlace,
  { idPrefix = '', mostShare = 0.5 }: PruneOptions,
): Promise<string[]> {
  const kept = new Set<string>();
  for (const { id } of samples) kept.add(id);
  const ids = await idsOf(place, idPrefix);
  // Ids of an earlier version may be in another spelling.
  const gone = ids.filter((id) => !kept.has(id) && !kept.has(canonical(id)));
  if (gone.length <= mostShare * ids.length) return gone;
  const scope = idPrefix === '' ? 'in the collection' : `whose ids begin with ${JSON.stringify(idPrefix)}`;
  throw new SnapshelfError(
    'prune-refused',
    `The source lacks ${gone.length} of the ${ids.length} items ${scope}, such as ${JSON.stringify(gone[0])}, more than may be removed unasked. Check that the source is whole; nothing was changed.`,
    { details: { missing: gone.length, items: ids.length } },
  );
}

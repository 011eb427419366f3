import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { canonical } from '../text.ts';
import type { ImportSample, PruneOptions } from './import-types.ts';

/** The collection that is pruned. */
export interface PrunePlace {
  readonly gallery: Engine;
  readonly collection: string;
}

/** Collects the ids of a collection that begin with `prefix`. */
async function idsOf({ gallery, collection }: PrunePlace, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await gallery.ids(collection, { prefix, after: ids.at(-1) });
    if (page.length === 0) return ids;
    for (const id of page) ids.push(id);
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

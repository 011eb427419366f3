import type { CollectionInfo } from '../../engine/index.ts';
import { isMetric, weakNumbersOf } from '../../vectors/index.ts';
import type { State } from '../storage/state.ts';

/** Parts of a description besides the state. */
interface Further extends Pick<CollectionInfo, 'index' | 'memory' | 'reindex' | 'documents'> {
  readonly fields: Iterable<readonly [string, CollectionInfo['fields'][string]]>;
}

/** Describes a collection in that state. */
export function collectionInfo(
  name: string,
  state: State,
  { fields, index, memory, reindex, documents }: Further,
): CollectionInfo {
  const { settings, sequence, items, products } = state;
  const { generation: _, ...space } = settings.space;
  const weak = weakNumbersOf(space);
  return {
    name,
    ...space,
    ...(weak && { isMetric: isMetric(weak) }),
    storeImages: settings.storeImages,
    createdAt: settings.createdAt,
    items,
    products,
    sequence,
    fields: Object.fromEntries(fields),
    index,
    memory,
    ...(reindex !== undefined && { reindex }),
    ...(documents !== undefined && { documents }),
  };
}

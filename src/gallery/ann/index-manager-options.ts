import type { Logger } from '../../log.ts';
import type { ItemRows } from '../memory/item-rows.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';
import type { VectorSpace } from '../storage/settings.ts';
import type { VectorTable } from '../storage/vector-table.ts';
import type { IndexEngine } from './manifest.ts';
import type { ShardHosts } from './shard-hosts.ts';

/** Options of `IndexManager`. */
export interface IndexManagerOptions {
  /** The collection's folder; the index has a folder in it, by generation. */
  readonly directory: string;
  readonly vectors: VectorTable;
  /** The rows of the items whose vectors those are. Default: a saved index is compared with the table of vectors. */
  readonly rows?: ItemRows | undefined;
  readonly space: VectorSpace;
  /** Vectors up to this sequence number are all there. Default: all that are there. */
  readonly lastSequence?: number | undefined;
  readonly exactSearchLimits: ExactSearchLimits;
  /** See `GalleryOptions.indexEngine`. */
  readonly indexEngine?: IndexEngine | undefined;
  /** The hosts of its shards. Default: this thread. */
  readonly shardHosts?: ShardHosts | undefined;
  readonly log: Logger;
}

import type { CollectionInfo, Lease } from '../../engine/index.ts';
import { type Checkpoint, type CheckpointPlace, readCheckpoint } from './checkpoint.ts';
import type { GroupMember } from './group-members.ts';

/** A search for the nearly identical items of a collection, in numbers. */
export interface DuplicatesProgress {
  readonly threshold: number;
  readonly exact: boolean;
  /** The time at which the search began, ISO 8601. */
  readonly startedAt: string;
  /** False for a search that runs or was interrupted: the groups are those found so far. */
  readonly isComplete: boolean;
  /** Items that were looked at. */
  readonly done: number;
  /** Items of the collection when it began. */
  readonly total: number;
  /** Items that were added, replaced or deleted since the search began: the groups may lack them, or still have them. */
  readonly changed: number;
  /** Items with more than 1,000 near-duplicates, of which the nearest 1,000 were joined. */
  readonly cut: number;
  /** Items that cannot be read, and were left out. */
  readonly damaged: number;
  /** Number of groups. */
  readonly groups: number;
  /** Items in them. */
  readonly members: number;
}

/** The nearly identical items of a collection. */
export interface CollectionDuplicates extends Omit<DuplicatesProgress, 'groups'> {
  /** Items that are nearly identical to another one of their group: the largest group first. */
  readonly groups: GroupMember[][];
}

/** Options of `Retriever.findDuplicates`. */
export interface FindDuplicatesOptions {
  /** The score from which two pictures count as nearly identical, above 0 and at most 1. Default under cosine 0.95; else none. */
  readonly threshold?: number | undefined;
  /** True compares every item with every other instead of asking the HNSW index. Default false. */
  readonly exact?: boolean | undefined;
  /** Called at the beginning and after every item. */
  readonly onProgress?: ((progress: DuplicatesProgress) => void) | undefined;
  /** Ends the search. Another call of the same options continues it if the collection has not changed. */
  readonly signal?: AbortSignal | undefined;
  /** @internal Keeps one that another process has taken over from writing. */
  readonly lease?: Lease | undefined;
}

/** Returns the result that a checkpoint holds. */
export function resultOf(state: Checkpoint): CollectionDuplicates {
  const {
    modelId: _model,
    createdAt: _created,
    sequence: _sequence,
    after: _after,
    groups,
    ...numbers
  } = state;
  return { ...numbers, members: groups.reduce((sum, group) => sum + group.length, 0), groups };
}

/** Returns what the last search for duplicates of a collection has found, whole or so far; undefined if there is none. */
export async function keptDuplicates(
  { createdAt, modelId, sequence }: CollectionInfo,
  place: CheckpointPlace,
): Promise<CollectionDuplicates | undefined> {
  const kept = await readCheckpoint(place);
  // The scores of another model say nothing of this one.
  if (kept === undefined || kept.createdAt !== createdAt || kept.modelId !== modelId) return undefined;
  return { ...resultOf(kept), changed: Math.max(kept.changed, sequence - kept.sequence) };
}

import type { CollectionInfo } from '../../gallery/index.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import type { GroupMember } from './group-members.ts';

/** Progress of a search for the duplicates of a collection. */
export interface DuplicatesProgress {
  /** Items that have been looked at. */
  readonly done: number;
  /** Items of the collection when it began. */
  readonly total: number;
  /** Groups so far. */
  readonly groups: number;
  /** Items in them. */
  readonly members: number;
}

/** Options of `Retriever.findDuplicates`. */
export interface FindDuplicatesOptions {
  /** The score from which two pictures count as nearly identical, above 0 and at most 1. Default under cosine 0.95; else none. */
  readonly threshold?: number | undefined;
  /** True compares every item with every other instead of asking the HNSW index. Default false. */
  readonly exact?: boolean | undefined;
  /** Called after every item. */
  readonly onProgress?: ((progress: DuplicatesProgress) => void) | undefined;
  /** Ends the search. Another call of the same options continues it if the collection has not changed. */
  readonly signal?: AbortSignal | undefined;
}

/** The nearly identical items of a collection. */
export interface CollectionDuplicates {
  readonly threshold: number;
  readonly exact: boolean;
  /** False for a search that was interrupted: the groups are those found so far. */
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
  /** Items that are nearly identical to another one of their group: the largest group first. */
  readonly groups: GroupMember[][];
}

/** Returns the result that a checkpoint holds. */
export function resultOf(state: Checkpoint): CollectionDuplicates {
  const { threshold, exact, isComplete, done, total, changed, cut, damaged, groups } = state;
  return { threshold, exact, isComplete, done, total, changed, cut, damaged, groups };
}

/** Returns what the last search for duplicates of a collection has found, whole or so far; undefined if there is none. */
export async function keptDuplicates(
  { createdAt, modelId, sequence }: CollectionInfo,
  file: string,
): Promise<CollectionDuplicates | undefined> {
  const kept = await readCheckpoint(file);
  // The scores of another model say nothing of this one.
  if (kept === undefined || kept.createdAt !== createdAt || kept.modelId !== modelId) return undefined;
  return { ...resultOf(kept), changed: Math.max(kept.changed, sequence - kept.sequence) };
}

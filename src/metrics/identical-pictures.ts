/** The queries whose picture is in the gallery too, byte for byte. */
export interface IdenticalPictures {
  /** Rows of these queries, ascending. */
  readonly queries: readonly number[];
  /** Rows of the gallery items that are identical to the query in row `query`, in self-retrieval without itself. */
  of(query: number): ReadonlySet<number>;
}

function rowsByHash(hashes: readonly string[]): Map<string, Set<number>> {
  const groups = new Map<string, Set<number>>();
  for (const [row, hash] of hashes.entries()) {
    const group = groups.get(hash) ?? new Set();
    groups.set(hash, group.add(row));
  }
  return groups;
}

function without(rows: ReadonlySet<number>, row: number): ReadonlySet<number> {
  const others = new Set(rows);
  others.delete(row);
  return others;
}

/**
 * Finds identical pictures by their hashes. Without `galleryHashes`, each query is searched among all the others.
 * An empty hash means unknown, and is identical to none.
 */
export function identicalPictures(
  queryHashes: readonly string[],
  galleryHashes?: readonly string[],
): IdenticalPictures {
  const self = galleryHashes === undefined;
  const groups = rowsByHash(galleryHashes ?? queryHashes);
  groups.delete('');
  const groupOf = (query: number): ReadonlySet<number> => groups.get(queryHashes[query] ?? '') ?? new Set();
  const found = [...queryHashes.keys()].filter((query) => groupOf(query).size > (self ? 1 : 0));
  return { queries: found, of: (query) => (self ? without(groupOf(query), query) : groupOf(query)) };
}

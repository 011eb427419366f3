import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Returns the folders of the shards of an index: `directory` itself for one, else `directory.0-of-2` and so on. */
export const shardFolders = (directory: string, count: number): string[] =>
  count === 1
    ? [directory]
    : Array.from({ length: count }, (_, shard) => `${directory}.${shard}-of-${count}`);

/** Returns the number of shards that a folder is one of; undefined if it is none of that index. */
function countOf(name: string, index: string): number | undefined {
  if (name === index) return 1;
  const [, count] = name.startsWith(`${index}.`) ? (/\.\d+-of-(\d+)$/.exec(name) ?? []) : [];
  return count === undefined ? undefined : Number(count);
}

/** Returns the names of all folders of that index with the number of shards that each is one of. */
function foldersOf(directory: string): Map<string, number> {
  const parent = dirname(directory);
  const found = new Map<string, number>();
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const count = countOf(name, basename(directory));
    if (count !== undefined) found.set(join(parent, name), count);
  }
  return found;
}

/** Returns the folders of the saved index, as many as it has shards; of an index that is not saved, where one shard would be. */
export function savedShards(directory: string): string[] {
  const found = foldersOf(directory);
  const counts = [...new Set(found.values())].sort((a, b) => b - a);
  const whole = counts.filter((count) => [...found.values()].filter((of) => of === count).length === count);
  const [folders] = whole
    .map((count) => shardFolders(directory, count))
    .filter((paths) => paths.every((path) => found.has(path)));
  return folders ?? [directory];
}

/** Removes the folders of an index but for those that are kept. */
export function removeShards(directory: string, kept: readonly string[] = []): void {
  for (const path of foldersOf(directory).keys())
    if (!kept.includes(path)) rmSync(path, { recursive: true, force: true });
}

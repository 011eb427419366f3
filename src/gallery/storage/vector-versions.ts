import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from './database.ts';
import { readState } from './state.ts';
import { dropVectorTable, vectorGenerations } from './vector-table.ts';

/**
 * Removes the vectors and indexes that belong to neither the current space nor its replacement: saved indexes at once,
 * vectors in the slices that are returned. Returns undefined if there are none.
 */
export function removeOldVersions(directory: string, database: Database): Generator<void, void> | undefined {
  const { space, replacement } = readState(database).settings;
  const kept = new Set([space.generation, replacement?.generation]);
  removeIndexes(directory, kept);
  const left = vectorGenerations(database).filter((generation) => !kept.has(generation));
  return left.length === 0 ? undefined : dropAll(database, left);
}

function* dropAll(database: Database, generations: readonly number[]): Generator<void, void> {
  for (const generation of generations) yield* dropVectorTable(database, generation);
}

function removeIndexes(directory: string, kept: ReadonlySet<number | undefined>): void {
  for (const name of readdirSync(directory)) {
    const generation = /^(?:index-(\d+)(?:\.\d+-of-\d+)?|vectors-(\d+)\.cache)$/
      .exec(name)
      ?.slice(1)
      .find(Boolean);
    if (generation !== undefined && !kept.has(Number(generation)))
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}

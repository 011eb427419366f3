import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../engine/index.ts';
import { isShipped, storedModelPath } from '../../model/index.ts';
import { storeModel } from '../model-store.ts';
import { SharedModels } from '../shared-models.ts';

/** A side of a migration. */
export interface ModelPlace {
  readonly engine: Pick<Engine, 'records'>;
  /** The data folder. Undefined: the engine is elsewhere. */
  readonly folder: string | undefined;
}

/**
 * Brings the model of a collection to where that goes: into the data folder, or to an engine that keeps models for its servers.
 * @returns true if whoever opens the target finds the model, there or among those that ship
 * @throws SnapshelfError `model-invalid`, `disk-full`, `not-writable`, `engine-unavailable`.
 */
export async function carryModel(from: ModelPlace, to: ModelPlace, id: string): Promise<boolean> {
  const folder = from.folder ?? to.folder;
  if (folder !== undefined) return (await carry(from, to, { id, folder })) || isShipped(id);
  const between = await mkdtemp(join(tmpdir(), 'snapshelf-model-'));
  try {
    return (await carry(from, to, { id, folder: between })) || (await isShipped(id));
  } finally {
    await rm(between, { recursive: true });
  }
}

/** Brings it by way of a folder, which may be one of the two. Returns false if it came to nowhere. */
async function carry(
  from: ModelPlace,
  to: ModelPlace,
  { id, folder }: { readonly id: string; readonly folder: string },
): Promise<boolean> {
  const path = storedModelPath(folder, id);
  if (from.folder === undefined && !existsSync(path)) await new SharedModels(from.engine, folder).take(id);
  if (!existsSync(path)) return false;
  if (to.folder !== undefined && to.folder !== folder) await storeModel(to.folder, path);
  if (to.folder === undefined) await new SharedModels(to.engine, folder).give(id);
  return to.folder !== undefined || to.engine.records !== undefined;
}

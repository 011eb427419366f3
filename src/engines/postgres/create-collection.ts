import { randomBytes } from 'node:crypto';
import { type CollectionInfo, type CollectionSettings, checkSettings } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { settleMetric } from '../../vectors/index.ts';
import { requireSame } from './collection-info.ts';
import type { Client } from './connection.ts';
import {
  allCollections,
  type CollectionRow,
  checkDimension,
  collectionRow,
  createTables,
  insertCollection,
} from './tables.ts';

/** Options of `createCollection`. */
export interface CreateOptions {
  readonly maxCollections: number;
  readonly describe: (client: Client, row: CollectionRow) => Promise<CollectionInfo>;
}

/** Checks the settings of a collection. @throws as `Engine.create`. */
export function checkCollection(settings: CollectionSettings): void {
  checkSettings(settings);
  checkDimension(settings.dimension);
}

/**
 * Makes a collection within a transaction, or describes the one that has the same settings; see `Engine.create`.
 * @throws SnapshelfError `collection-exists`, `too-many-collections`.
 */
export async function createCollection(
  client: Client,
  settings: CollectionSettings,
  { maxCollections, describe }: CreateOptions,
): Promise<CollectionInfo> {
  const { modelId, modelName, dimension } = settings;
  const space = { modelId, modelName, dimension, ...settleMetric(settings), generation: 1 };
  const all = await allCollections(client);
  const existing = all.find(({ name }) => name === settings.name);
  if (existing !== undefined) return requireSame(existing, settings, await describe(client, existing));
  if (all.length >= maxCollections)
    throw new SnapshelfError(
      'too-many-collections',
      `There are ${maxCollections} collections, as many as there may be. Drop one that is not needed, or raise maxCollections.`,
    );
  const number = await insertCollection(client, settings, space, randomBytes(32));
  const row = await collectionRow(client, settings.name);
  if (number === undefined) return requireSame(row, settings, await describe(client, row));
  await createTables(client, row, space);
  return describe(client, row);
}

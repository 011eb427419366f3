import type { CollectionInfo, CollectionSettings } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { isSameMetric } from '../../vectors/index.ts';
import type { Client } from './connection.ts';
import { lacksIndex } from './index-builder.ts';
import { reembeddingInfo } from './postgres-reembedding.ts';
import type { ScanLimits } from './scan-limits.ts';
import { type CollectionRow, fieldTypes, hnsw } from './tables.ts';

/** Describes a collection. */
export async function collectionInfo(
  client: Client,
  row: CollectionRow,
  limits: ScanLimits,
): Promise<CollectionInfo> {
  const { generation: _, ...space } = row.space;
  const reindex = await reembeddingInfo(client, row);
  const documents = await documentsOf(client, row);
  return {
    name: row.name,
    ...space,
    storeImages: row.store_images,
    createdAt: row.created_at,
    items: row.items,
    products: row.products,
    sequence: row.sequence,
    fields: Object.fromEntries(await fieldTypes(client, row)),
    index: {
      kind: 'hnsw',
      engine: 'pgvector',
      state: lacksIndex(row, limits) ? 'building' : 'ready',
      // Once it is there, each write keeps it in its transaction.
      indexed: row.indexed ? row.items : 0,
      deletedShare: 0,
      ...hnsw,
    },
    ...(reindex !== undefined && { reindex }),
    ...(documents !== undefined && { documents }),
  };
}

async function documentsOf(
  client: Client,
  { number }: CollectionRow,
): Promise<Record<string, string> | undefined> {
  const sql = 'SELECT name, md5(content) AS revision FROM documents WHERE collection = $1 ORDER BY name';
  const { rows } = await client.query<{ name: string; revision: string }>(sql, [number]);
  return rows.length === 0
    ? undefined
    : Object.fromEntries(rows.map(({ name, revision }) => [name, revision]));
}

/** Returns the description of a collection that is there, if it has the settings that are wanted. @throws SnapshelfError `collection-exists`. */
export function requireSame(
  row: CollectionRow,
  wanted: CollectionSettings,
  info: CollectionInfo,
): CollectionInfo {
  const { storeImages = true } = wanted;
  const differs: string[] = (['modelId', 'dimension', 'metric'] as const).filter(
    (key) => row.space[key] !== wanted[key],
  );
  if (row.space.metric === wanted.metric && !isSameMetric(row.space, wanted)) differs.push('metricOptions');
  if (row.store_images !== storeImages) differs.push('storeImages');
  if (differs.length === 0) return info;
  throw new SnapshelfError(
    'collection-exists',
    `There is a collection ${row.name} already. It differs in ${differs.join(', ')}: use it as it is, or drop it first.`,
    { details: { collection: row.name, fields: differs } },
  );
}

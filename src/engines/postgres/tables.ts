import { type CollectionSettings, type FieldType, maxDimension } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { SettledMetric } from '../../vectors/index.ts';
import type { Client } from './connection.ts';
import { isTaken } from './failures.ts';

/** The vectors of a collection: whose, how long, how compared. */
export interface Space extends SettledMetric {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  /** Names their table. */
  readonly generation: number;
}

/** A row of `collections`. */
export interface CollectionRow {
  readonly number: number;
  readonly name: string;
  readonly space: Space;
  readonly replacement: Space | null;
  readonly store_images: boolean;
  readonly created_at: string;
  readonly cursor_key: Buffer;
  readonly sequence: number;
  readonly items: number;
  readonly products: number;
  /** True if there is an index of the vectors. */
  readonly indexed: boolean;
}

/** Numbers up to which pgvector's index takes a `vector`, and a `halfvec`. */
const maxVector = 2000;
const maxHalfvec = 4000;
/** Numbers up to which a vector stands in the row, and is read without a look into another table. */
const maxPlain = 1900;
/** The parameters of new indexes. */
export const hnsw = { m: 16, efConstruction: 128, ef: 96 } as const;

/** The names of a collection's tables: numbers, whatever its own name is. */
export const tablesOf = ({ number }: Pick<CollectionRow, 'number'>) => ({
  items: `items_${number}`,
  images: `images_${number}`,
  thumbnails: `thumbnails_${number}`,
  vectors: ({ generation }: Pick<Space, 'generation'>): string => `vectors_${number}_${generation}`,
});

/** The operator of a metric, and the column and the parameter that it compares as the index has them. */
export function comparison({ metric, dimension }: Pick<Space, 'metric' | 'dimension'>) {
  const isHalf = dimension > maxVector;
  const type = isHalf ? 'halfvec' : 'vector';
  const cast = isHalf ? `::halfvec(${dimension})` : '';
  const operator = metric === 'cosine' ? '<=>' : '<->';
  return { operator, cast, operators: `${type}_${metric === 'cosine' ? 'cosine' : 'l2'}_ops` };
}

/** Refuses what pgvector cannot index. @throws SnapshelfError `engine-cannot`. */
export function checkDimension(dimension: number): void {
  if (dimension <= maxHalfvec || dimension > maxDimension) return;
  throw new SnapshelfError(
    'engine-cannot',
    `The engine postgres does not offer vectors of more than ${maxHalfvec} numbers, and these have ${dimension}. Use a model of fewer, or keep the collection in a data folder.`,
    { details: { engine: 'postgres', capability: 'dimension' } },
  );
}

/** The name of the index of a space's vectors. */
export const indexOf = ({ number }: Pick<CollectionRow, 'number'>, { generation }: Space): string =>
  `nearest_${number}_${generation}`;

/** Makes the index of the vectors of a space. @param concurrently outside a transaction, while others write */
export async function createIndex(
  client: Client,
  row: Pick<CollectionRow, 'number'>,
  space: Space,
  concurrently = false,
): Promise<void> {
  const { cast, operators } = comparison(space);
  await client.query(`CREATE INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${indexOf(row, space)}
    ON ${tablesOf(row).vectors(space)} USING hnsw ((vector${cast}) ${operators})
    WITH (m = ${hnsw.m}, ef_construction = ${hnsw.efConstruction})`);
}

/** Drops the table of vectors of a space, the build of its index with it. */
export async function dropVectors(
  client: Client,
  row: Pick<CollectionRow, 'number'>,
  space: Space,
): Promise<void> {
  const table = tablesOf(row).vectors(space);
  const sql =
    'SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)';
  await client.query(sql, [table]);
  await client.query(`DROP TABLE IF EXISTS ${table}`);
}

/** Makes the table of vectors of a space. Its index is another matter: of a new collection it is built when there is much in it. */
export async function createVectors(
  client: Client,
  row: Pick<CollectionRow, 'number'>,
  space: Space,
): Promise<void> {
  const tables = tablesOf(row);
  const vectors = tables.vectors(space);
  await client.query(`CREATE TABLE ${vectors} (
    sequence bigint PRIMARY KEY REFERENCES ${tables.items} ON DELETE CASCADE,
    vector vector(${space.dimension}) NOT NULL, odd boolean NOT NULL)`);
  const storage = space.dimension <= maxPlain ? 'PLAIN' : 'EXTERNAL';
  await client.query(`ALTER TABLE ${vectors} ALTER COLUMN vector SET STORAGE ${storage}`);
  await client.query(`CREATE INDEX ON ${vectors} (sequence) WHERE odd`);
}

/** Makes the tables of a collection. */
export async function createTables(
  client: Client,
  row: Pick<CollectionRow, 'number'>,
  space: Space,
): Promise<void> {
  const { items, images, thumbnails } = tablesOf(row);
  await client.query(`
    CREATE TABLE ${items} (
      sequence bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, product_id text COLLATE "C" NOT NULL,
      label text COLLATE "C", metadata text NOT NULL, fields jsonb NOT NULL, split text COLLATE "C",
      image_hash text NOT NULL, sent_hash text, image_type text, image_bytes bigint, has_thumbnail boolean NOT NULL,
      updated_at text NOT NULL);
    CREATE INDEX ON ${items} (product_id);
    CREATE INDEX ON ${items} (label);
    CREATE INDEX ON ${items} USING gin (fields jsonb_path_ops);
    CREATE TABLE ${images} (
      sequence bigint NOT NULL REFERENCES ${items} ON DELETE CASCADE, part int NOT NULL, bytes bytea NOT NULL,
      PRIMARY KEY (sequence, part));
    ALTER TABLE ${images} ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE TABLE ${thumbnails} (
      sequence bigint PRIMARY KEY REFERENCES ${items} ON DELETE CASCADE, bytes bytea NOT NULL);
    ALTER TABLE ${thumbnails} ALTER COLUMN bytes SET STORAGE EXTERNAL`);
  await createVectors(client, row, space);
}

const columns = `number, name, space, replacement, store_images, created_at, cursor_key, sequence, items, products,
  EXISTS (SELECT FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE x.indrelid = to_regclass('vectors_' || number || '_' || (space->>'generation')) AND x.indisvalid
      AND a.amname = 'hnsw') AS indexed`;

/** Reads all collections, by name. */
export const allCollections = async (client: Client): Promise<CollectionRow[]> =>
  (await client.query<CollectionRow>(`SELECT ${columns} FROM collections ORDER BY name`)).rows;

/** Reads a collection; with `lock` no other transaction changes it until this one ends. @throws SnapshelfError `collection-not-found`. */
export async function collectionRow(client: Client, name: string, lock = false): Promise<CollectionRow> {
  const sql = `SELECT ${columns} FROM collections WHERE name = $1${lock ? ' FOR UPDATE' : ''}`;
  const { rows } = await client.query<CollectionRow>(sql, [String(name)]);
  if (rows[0] !== undefined) return rows[0];
  throw new SnapshelfError('collection-not-found', `There is no collection ${name}.`, {
    details: { collection: name },
  });
}

/** Reads the types of a collection's fields, by key. */
export async function fieldTypes(
  client: Client,
  { number }: Pick<CollectionRow, 'number'>,
): Promise<Map<string, FieldType>> {
  const sql = 'SELECT name, type FROM fields WHERE collection = $1 ORDER BY name';
  const { rows } = await client.query<{ name: string; type: FieldType }>(sql, [number]);
  return new Map(rows.map(({ name, type }) => [name, type]));
}

/** A new collection's row. Returns undefined if another transaction has made one of that name. */
export async function insertCollection(
  client: Client,
  { name, storeImages = true }: CollectionSettings,
  space: Space,
  cursorKey: Buffer,
): Promise<number | undefined> {
  try {
    const { rows } = await client.query<{ number: number }>(
      `INSERT INTO collections (name, space, store_images, created_at, cursor_key)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING number`,
      [name, JSON.stringify(space), storeImages, new Date().toISOString(), cursorKey],
    );
    return rows[0]?.number;
  } catch (error) {
    if (isTaken(error)) return undefined;
    throw error;
  }
}

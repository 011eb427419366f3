import {
  allCapabilities,
  type Capabilities,
  type CollectionInfo,
  type CollectionModel,
  type CollectionSettings,
  type DamagedCollection,
  type EmbedLast,
  type Engine,
  engineCannot,
  type FacetsAnswer,
  type FacetsOptions,
  type Item,
  type Lease,
  type Records,
  type ReembeddedVector,
  type ReembeddingSettings,
  type RestoredCollection,
  type SearchAnswer,
  type SearchOptions,
  type SnapshotReport,
} from '../../engine/index.ts';
import type { SnapshelfError } from '../../errors.ts';
import { type Logger, silentLogger } from '../../log.ts';
import type { Metric } from '../../vectors/index.ts';
import { collectionInfo } from './collection-info.ts';
import { type Client, Connection } from './connection.ts';
import { checkCollection, createCollection } from './create-collection.ts';
import { countFacets } from './facets.ts';
import { IndexBuilder } from './index-builder.ts';
import { migrate } from './migrations.ts';
import { parseAddress } from './postgres-address.ts';
import { PostgresItems } from './postgres-items.ts';
import { PostgresRecords } from './postgres-records.ts';
import {
  abortReembedding,
  beginReembedding,
  commitReembedding,
  itemsToReembed,
  storeReembedded,
} from './postgres-reembedding.ts';
import { search } from './postgres-search.ts';
import { type ScanLimits, scanLimits } from './scan-limits.ts';
import { allCollections, type CollectionRow, collectionRow, dropVectors, tablesOf } from './tables.ts';

/** Options of a Postgres engine. */
export interface PostgresOptions {
  readonly log?: Logger | undefined;
  readonly readOnly?: boolean | undefined;
  readonly maxCollections?: number | undefined;
  /** For tests: make small collections behave like large ones, and their index be built soon. */
  readonly scanLimits?: ScanLimits | undefined;
  readonly indexPauseMs?: number | undefined;
}

const defaultMaxCollections = 1000;

/** Collections in a Postgres database with pgvector: one schema, with tables of its own for each collection. */
export class PostgresEngine extends PostgresItems implements Engine {
  readonly kind = 'postgres';
  readonly capabilities: Capabilities;
  readonly metrics: readonly Metric[] = ['cosine', 'l2'];
  readonly failed: Promise<SnapshelfError> = new Promise(() => {});
  readonly records: Records;
  readonly #options: PostgresOptions;
  readonly #limits: ScanLimits;
  readonly #builder: IndexBuilder | undefined;

  private constructor(connection: Connection, options: PostgresOptions, readsElsewhere: boolean) {
    super(connection, options.readOnly === true);
    this.records = new PostgresRecords(connection);
    this.#options = options;
    this.#limits = options.scanLimits ?? scanLimits;
    if (options.readOnly !== true)
      this.#builder = new IndexBuilder(
        connection,
        options.log ?? silentLogger,
        this.#limits,
        options.indexPauseMs,
      );
    this.capabilities = { ...allCapabilities, snapshots: false, foundAtOnce: !readsElsewhere };
  }

  /**
   * Connects, and makes the tables that all collections share.
   * @throws SnapshelfError `engine-not-installed`, `engine-unavailable`, `not-writable`; RangeError for the URL.
   */
  static async open(url: string, options: PostgresOptions = {}): Promise<PostgresEngine> {
    const address = parseAddress(url);
    const connection = await Connection.open(address, options.log ?? silentLogger);
    try {
      await migrate(connection, address.schema, options.readOnly);
    } catch (error) {
      await connection.close();
      throw error;
    }
    const engine = new PostgresEngine(connection, options, address.replica !== undefined);
    if (engine.#builder !== undefined)
      for (const row of await connection.write(allCollections)) engine.#builder.look(row);
    return engine;
  }

  get isAlive(): boolean {
    return !this.connection.isClosed;
  }

  async models(): Promise<CollectionModel[]> {
    const sql = "SELECT DISTINCT space->>'modelId' AS id, space->>'modelName' AS name FROM collections";
    return (await this.connection.read((client) => client.query<CollectionModel>(sql), { mayLag: true }))
      .rows;
  }

  collections(): Promise<CollectionInfo[]> {
    return this.connection.read(async (client) => {
      const infos: CollectionInfo[] = [];
      for (const row of await allCollections(client)) infos.push(await this.#describe(client, row));
      return infos;
    });
  }

  async damaged(): Promise<DamagedCollection[]> {
    return [];
  }

  info(name: string): Promise<CollectionInfo> {
    return this.reading(name, (client, row) => this.#describe(client, row));
  }

  async create(settings: CollectionSettings): Promise<CollectionInfo> {
    checkCollection(settings);
    this.checkWritable();
    const { maxCollections = defaultMaxCollections } = this.#options;
    const describe = (client: Client, row: CollectionRow) => this.#describe(client, row);
    return this.connection.write((client) =>
      createCollection(client, settings, { maxCollections, describe }),
    );
  }

  async drop(name: string): Promise<void> {
    await this.writing(name, async (client, row) => {
      const { items, images, thumbnails } = tablesOf(row);
      await dropVectors(client, row, row.space);
      if (row.replacement !== null) await dropVectors(client, row, row.replacement);
      await client.query(`DROP TABLE ${images}, ${thumbnails}, ${items}`);
      await client.query('DELETE FROM collections WHERE number = $1', [row.number]);
    });
  }

  async search(name: string, vector: Float32Array, options: SearchOptions = {}): Promise<SearchAnswer> {
    const query = new Float32Array(vector);
    if (!(vector instanceof Float32Array))
      throw new TypeError(`vector must be a Float32Array, not ${typeof vector}.`);
    return this.reading(
      name,
      (client, row) => {
        this.#builder?.look(row);
        return search(client, row, query, options, this.#limits);
      },
      { signal: options.signal, mayLag: true },
    );
  }

  facets(name: string, options: FacetsOptions): Promise<FacetsAnswer> {
    return this.reading(name, (client, row) => countFacets(client, row, options, this.#limits), {
      signal: options.signal,
      mayLag: true,
    });
  }

  async snapshot(): Promise<SnapshotReport> {
    throw engineCannot(this.kind, 'snapshots');
  }

  async restore(): Promise<RestoredCollection> {
    throw engineCannot(this.kind, 'snapshots');
  }

  /** See `Engine.lagMs`. */
  lagMs(): Promise<number | undefined> {
    return this.connection.lagMs();
  }

  beginReembedding(name: string, settings: ReembeddingSettings, lease?: Lease): Promise<void> {
    return this.writing(name, (client, row) => beginReembedding(client, row, settings), lease);
  }

  itemsToReembed(name: string, limit: number): Promise<Item[]> {
    return this.writing(name, (client, row) => itemsToReembed(client, row, limit));
  }

  storeReembedded(name: string, vectors: readonly ReembeddedVector[], lease?: Lease): Promise<void> {
    return this.writing(name, (client, row) => storeReembedded(client, row, vectors), lease);
  }

  commitReembedding(name: string, lease?: Lease, embedLast?: EmbedLast): Promise<CollectionInfo> {
    const commit = async (client: Client, row: CollectionRow): Promise<CollectionInfo> => {
      await commitReembedding(client, row, embedLast);
      return this.#describe(client, await collectionRow(client, name));
    };
    return this.writing(name, commit, lease);
  }

  abortReembedding(name: string, lease?: Lease): Promise<void> {
    return this.writing(name, abortReembedding, lease);
  }

  async close(): Promise<void> {
    await this.#builder?.close();
    await this.connection.close();
  }

  protected hasAdded(collection: CollectionRow, items: number): void {
    this.#builder?.look(collection, items);
  }

  #describe(client: Client, row: CollectionRow): Promise<CollectionInfo> {
    return collectionInfo(client, row, this.#limits);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

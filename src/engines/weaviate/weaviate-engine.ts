import { randomBytes } from 'node:crypto';
import {
  type Capabilities,
  type CollectionInfo,
  type CollectionModel,
  type CollectionSettings,
  checkDocument,
  checkDocumentKey,
  checkSettings,
  type DamagedCollection,
  type Engine,
  engineCannot,
  type FacetsAnswer,
  type Item,
  type Leftovers,
  type LeftoversOptions,
  type ReembeddedVector,
  type ReembeddingSettings,
  type RestoredCollection,
  type SearchAnswer,
  type SearchOptions,
  type SnapshotReport,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type Metric, settleMetric } from '../../vectors/index.ts';
import { eachOf } from '../each-of.ts';
import { Descriptions } from './descriptions.ts';
import { newClassName } from './names.ts';
import {
  abortReembedding,
  beginReembedding,
  commitReembedding,
  descriptionOf,
  itemsToReembed,
  storeReembedded,
} from './reembedding.ts';
import { type CollectionRecord, dropClass } from './registry.ts';
import { searchItems } from './search.ts';
import { WeaviateItems } from './weaviate-items.ts';
import { findLeftovers } from './weaviate-leftovers.ts';

/** Collections in a Weaviate cluster. */
export class WeaviateEngine extends WeaviateItems implements Engine {
  readonly kind = 'weaviate';
  readonly capabilities: Capabilities = {
    foundAtOnce: false,
    exactPerQuery: false,
    effortPerQuery: false,
    filteredPaging: false,
    tiesById: false,
    rawVectors: true,
    facets: false,
    snapshots: false,
    transactions: false,
  };
  readonly metrics: readonly Metric[] = ['cosine', 'l2'];
  readonly failed: Promise<SnapshelfError> = new Promise(() => {});
  readonly #descriptions = new Descriptions();

  get isAlive(): boolean {
    return !this.cluster.isClosed;
  }

  async prepare(): Promise<void> {
    await this.registry.prepare();
  }

  async models(): Promise<CollectionModel[]> {
    const records = await eachOf(await this.registry.names(), (name) => this.registry.find(name), 4);
    const names = new Map(
      records.flatMap((record) => (record ? [[record.modelId, record.modelName] as const] : [])),
    );
    return [...names].map(([id, name]) => ({ id, name }));
  }

  async collections(): Promise<CollectionInfo[]> {
    return eachOf(await this.registry.names(), (name) => this.info(name), 4);
  }

  async damaged(): Promise<DamagedCollection[]> {
    return [];
  }

  async info(name: string): Promise<CollectionInfo> {
    return this.#descriptions.describe(await this.opened.fresh(name));
  }

  async create(settings: CollectionSettings): Promise<CollectionInfo> {
    checkSettings(settings);
    return this.opened.inTurn(settings.name, async () => {
      const existing = await this.registry.find(settings.name);
      if (existing !== undefined)
        return this.#descriptions.describe(this.opened.of(requireSame(existing, settings)));
      this.checkWritable();
      const opened = this.opened.of(this.#newRecord(settings));
      await opened.items.prepare(descriptionOf(settings.name, opened.record));
      await opened.pictures.prepare();
      return this.#descriptions.describe(await this.opened.put(opened.record));
    });
  }

  #newRecord(settings: CollectionSettings): CollectionRecord {
    const { name, modelId, modelName, dimension, storeImages = true } = settings;
    return {
      format: 1,
      name,
      modelId,
      modelName,
      dimension,
      metric: settleMetric(settings).metric,
      className: newClassName(name),
      pictureClass: newClassName(name),
      storeImages,
      createdAt: new Date().toISOString(),
      cursorKey: randomBytes(32).toString('hex'),
      hnsw: this.cluster.address.hnsw,
      sequence: 0,
      fields: {},
    };
  }

  async drop(name: string): Promise<void> {
    await this.change(name, async ({ record }) => {
      await this.registry.remove(record);
      this.opened.forget(name);
      for (const one of [record.className, record.pictureClass, record.reindex?.className])
        if (one !== undefined) await dropClass(this.cluster, one);
    });
  }

  async search(name: string, vector: Float32Array, options: SearchOptions = {}): Promise<SearchAnswer> {
    options.signal?.throwIfAborted();
    const collection = await this.opened.recent(name);
    try {
      return await searchItems(collection, vector, options);
    } catch (error) {
      // Its class is gone when another server has put the vectors of another model in their place.
      if (!/could not find class|class .* not found/i.test(String(error))) throw error;
      const now = await this.opened.fresh(name);
      if (now.record.className === collection.record.className) throw error;
      return searchItems(now, vector, options);
    }
  }

  async facets(): Promise<FacetsAnswer> {
    throw engineCannot(this.kind, 'facets');
  }

  async snapshot(): Promise<SnapshotReport> {
    throw engineCannot(this.kind, 'snapshots');
  }

  async restore(): Promise<RestoredCollection> {
    throw engineCannot(this.kind, 'snapshots');
  }

  async document(name: string, key: string): Promise<string | undefined> {
    checkDocumentKey(key);
    await this.opened.fresh(name);
    return this.registry.document(name, key);
  }

  async setDocument(name: string, key: string, content: string | undefined): Promise<void> {
    checkDocument(key, content);
    await this.change(name, async ({ record }) => {
      await this.registry.setDocument(name, key, content);
      const { [key]: _, ...others } = record.documents ?? {};
      const documents = content === undefined ? others : { ...others, [key]: randomBytes(8).toString('hex') };
      const { documents: before, ...rest } = record;
      await this.opened.put(Object.keys(documents).length === 0 ? rest : { ...rest, documents });
    });
  }

  async beginReembedding(name: string, settings: ReembeddingSettings): Promise<void> {
    await this.change(name, () => beginReembedding(this.opened, name, settings));
  }

  async itemsToReembed(name: string, limit: number): Promise<Item[]> {
    return itemsToReembed(await this.opened.fresh(name), limit);
  }

  async storeReembedded(name: string, vectors: readonly ReembeddedVector[]): Promise<void> {
    await this.change(name, (collection) => storeReembedded(collection, vectors));
  }

  async commitReembedding(name: string): Promise<CollectionInfo> {
    return this.#descriptions.describe(await this.change(name, () => commitReembedding(this.opened, name)));
  }

  async abortReembedding(name: string): Promise<void> {
    await this.change(name, () => abortReembedding(this.opened, name));
  }

  async leftovers(options: LeftoversOptions = {}): Promise<Leftovers> {
    if (options.remove === true) this.checkWritable();
    return findLeftovers(this.opened, this.registry, options);
  }

  close(): Promise<void> {
    return this.cluster.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Returns the record if it has the settings that are wanted. @throws SnapshelfError `collection-exists`. */
function requireSame(record: CollectionRecord, wanted: CollectionSettings): CollectionRecord {
  const { storeImages = true } = wanted;
  const fields: string[] = (['modelId', 'dimension', 'metric'] as const).filter(
    (key) => record[key] !== wanted[key],
  );
  if (record.storeImages !== storeImages) fields.push('storeImages');
  if (fields.length === 0) return record;
  throw new SnapshelfError(
    'collection-exists',
    `The collection ${record.name} exists already. It differs in ${fields.join(', ')}: use it as it is, or drop it first.`,
    { details: { name: record.name, fields } },
  );
}

import type { Collection } from 'weaviate-client';
import { z } from 'zod';
import type { FieldType } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { metricNames } from '../../vectors/index.ts';
import { eachOf } from '../each-of.ts';
import type { Cluster } from './cluster.ts';
import { registryClass, uuidOf } from './names.ts';
import { parsedText } from './parsed-text.ts';

const space = {
  modelId: z.string(),
  modelName: z.string(),
  dimension: z.int().min(1),
  metric: z.enum(metricNames as [string, ...string[]]),
  /** The class of its items and vectors. */
  className: z.string(),
};

const recordForm = z.object({
  format: z.literal(1),
  name: z.string(),
  ...space,
  storeImages: z.boolean(),
  createdAt: z.string(),
  cursorKey: z.string(),
  /** The class of its pictures. */
  pictureClass: z.string(),
  hnsw: z.object({ ef: z.number(), m: z.number(), efConstruction: z.number() }),
  sequence: z.number(),
  fields: z.record(z.string(), z.enum(['text', 'number', 'boolean', 'list'])),
  reindex: z.object(space).optional(),
  documents: z.record(z.string(), z.string()).optional(),
});

/** A collection as the cluster keeps it: one object, which all servers read. */
export interface CollectionRecord extends Omit<z.infer<typeof recordForm>, 'fields'> {
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** The records of collections, one object each, read and written at the cluster's level of consistency. */
export class Registry {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Makes the class of the records, unless it is there. */
  async prepare(): Promise<void> {
    const { configure } = this.#cluster;
    await makeClass(this.#cluster, {
      name: registryClass,
      description: 'The collections of Snapshelf: their settings, and the classes that hold them.',
      properties: [
        unindexed('record'),
        { ...unindexed('name'), indexFilterable: true, tokenization: 'field' },
      ],
      vectorizers: configure.vectors.selfProvided({ vectorIndexConfig: configure.vectorIndex.flat() }),
    });
  }

  /** The names of all collections, sorted. */
  async names(): Promise<string[]> {
    const { objects } = await this.#cluster.inClass(registryClass, (all) =>
      all.query.fetchObjects({ limit: 10_000, returnProperties: ['name'] as never }),
    );
    const names = objects.flatMap(({ properties }) => (properties as { name?: string }).name ?? []);
    const there = await eachOf(names, (name) => this.find(name));
    return names.filter((_, at) => there[at] !== undefined).sort();
  }

  /** Reads the record of a collection; undefined if there is none. @throws SnapshelfError `gallery-damaged`. */
  async find(name: string): Promise<CollectionRecord | undefined> {
    const object = await this.#cluster.object(registryClass, uuidOf('collection', name));
    if (object === undefined) return undefined;
    const parsed = recordForm.safeParse(parsedText(object.properties['record']));
    if (parsed.success) return parsed.data;
    throw new SnapshelfError(
      'gallery-damaged',
      `The record of the collection ${name} in Weaviate cannot be read: ${parsed.error.issues[0]?.message}. Use the release of Snapshelf that wrote it.`,
    );
  }

  /** Reads the record of a collection that has to be there. @throws SnapshelfError `collection-not-found`. */
  async get(name: string): Promise<CollectionRecord> {
    const record = await this.find(name);
    if (record !== undefined) return record;
    throw new SnapshelfError('collection-not-found', `There is no collection ${JSON.stringify(name)}.`, {
      details: { name },
    });
  }

  async put(record: CollectionRecord): Promise<CollectionRecord> {
    await this.#write(uuidOf('collection', record.name), {
      name: record.name,
      record: JSON.stringify(record),
    });
    return record;
  }

  async remove(record: CollectionRecord): Promise<void> {
    for (const key of Object.keys(record.documents ?? {}))
      await this.setDocument(record.name, key, undefined);
    await this.#cluster.delete(registryClass, uuidOf('collection', record.name));
  }

  async document(name: string, key: string): Promise<string | undefined> {
    const object = await this.#cluster.object(registryClass, uuidOf('document', name, key));
    return object === undefined ? undefined : String(object.properties['record'] ?? '');
  }

  async setDocument(name: string, key: string, content: string | undefined): Promise<void> {
    const id = uuidOf('document', name, key);
    if (content === undefined) await this.#cluster.delete(registryClass, id);
    else await this.#write(id, { record: content });
  }

  async #write(id: string, properties: Readonly<Record<string, string>>): Promise<void> {
    await insertAll(this.#cluster, registryClass, [{ id, properties }]);
  }
}

/** An object to write. */
export interface NewObject {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly vectors?: number[] | undefined;
}

/** Writes objects, replacing those of the same UUIDs. @throws SnapshelfError `engine-unavailable` unless all are written. */
export async function insertAll(
  cluster: Cluster,
  className: string,
  objects: readonly NewObject[],
): Promise<void> {
  let left = [...objects];
  await cluster.run(async ({ client }) => {
    if (left.length === 0) return;
    const all = client.collections.use(className).withConsistency(cluster.address.consistency);
    const { hasErrors, errors } = await all.data.insertMany(left as never);
    if (!hasErrors) return;
    // Those that were written need not be written again; the call itself does not throw for the others.
    const failed = Object.entries(errors);
    left = failed.map(([at]) => left[Number(at)] as NewObject);
    throw new Error(`Weaviate wrote all but ${failed.length}: ${failed[0]?.[1].message}`);
  });
}

type NewProperty = Parameters<Collection<undefined>['config']['addProperty']>[0];
type ClassSettings = Parameters<import('weaviate-client').WeaviateClient['collections']['create']>[0];

/** Makes a class with as many replicas and shards as the address says, unless there is one of that name. */
export async function makeClass(cluster: Cluster, settings: ClassSettings): Promise<void> {
  const { replicas, shards } = cluster.address;
  const { configure } = cluster;
  await cluster.run(async ({ client }) => {
    try {
      await client.collections.create({
        ...settings,
        // A replica that was away is brought up by the cluster itself only if that is asked for.
        replication: configure.replication({ factor: replicas, asyncEnabled: replicas > 1 }),
        sharding: configure.sharding({ desiredCount: shards }),
      });
    } catch (error) {
      if (!/already exists/.test(String(error))) throw error;
    }
  });
}

/** Drops a class, if it is there. */
export const dropClass = (cluster: Cluster, name: string): Promise<void> =>
  cluster.run(({ client }) => client.collections.delete(name));

/** Gives a class a further property, unless it has it. */
export const addProperty = (cluster: Cluster, className: string, property: NewProperty): Promise<void> =>
  cluster.inClass(className, async (all) => {
    try {
      await all.config.addProperty(property);
    } catch (error) {
      if (!/already in use/.test(String(error))) throw error;
    }
  });

/** Makes a property with a text that is only read. */
export const unindexed = (name: string) =>
  ({ name, dataType: 'text', indexFilterable: false, indexSearchable: false }) as const;

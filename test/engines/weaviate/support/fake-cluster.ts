import type { Cluster, Node } from '../../../../src/engines/weaviate/cluster.ts';

/** A time that was less than an hour ago whenever a test runs, because it is to come. */
export const justNow: number = Date.UTC(2200, 0);

/** An object of a class, as the server keeps it. */
export interface FakeObject {
  properties: Record<string, unknown>;
  vectors?: { readonly default: readonly number[] } | undefined;
  writtenAt: number;
}

interface Filter {
  readonly operator: string;
  readonly target?: { readonly property: string };
  readonly value: unknown;
  readonly filters?: readonly Filter[];
}

function passes(filter: Filter | undefined, { properties }: FakeObject): boolean {
  if (filter === undefined) return true;
  const { operator, target, value, filters = [] } = filter;
  if (operator === 'And') return filters.every((part) => passes(part, { properties, writtenAt: 0 }));
  if (operator === 'Not') return !filters.some((part) => passes(part, { properties, writtenAt: 0 }));
  const own = [properties[target?.property ?? '']].flat();
  if (operator === 'Equal') return own.includes(value);
  if (operator === 'ContainsAny') return (value as unknown[]).some((one) => own.includes(one));
  if (operator === 'GreaterThan') return String(own[0]) > String(value);
  throw new Error(`The fake cluster knows no ${operator}.`);
}

/** The little of a cluster that the room asks for where nothing is searched by vectors: classes with objects, in memory. */
export class FakeCluster {
  readonly address = {
    nodes: [],
    replicas: 3,
    shards: 3,
    consistency: 'QUORUM' as 'QUORUM' | 'ONE',
    hnsw: { ef: 128, m: 16, efConstruction: 200 },
    quantizer: 'none' as const,
  };
  readonly isClosed = false;
  readonly configure = new Proxy({}, { get: () => configure });
  readonly classesByName = new Map<
    string,
    { properties: Set<string>; readonly objects: Map<string, FakeObject> }
  >();
  /** Counts that were asked for. */
  counted = 0;
  /** What is called before an object is read. */
  beforeRead: (className: string) => Promise<void> = async () => {};

  /** As what the room knows. */
  get cluster(): Cluster {
    return this as unknown as Cluster;
  }

  objects(className: string): Map<string, FakeObject> {
    const found = this.classesByName.get(className);
    if (found === undefined) throw new Error(`could not find class ${className}`);
    return found.objects;
  }

  run<T>(work: (node: Node) => Promise<T>): Promise<T> {
    const collections = {
      create: async ({ name, properties }: { name: string; properties: { name: string }[] }) => {
        if (this.classesByName.has(name)) throw new Error(`class ${name} already exists`);
        this.classesByName.set(name, {
          properties: new Set(properties.map((one) => one.name)),
          objects: new Map(),
        });
      },
      delete: async (name: string) => void this.classesByName.delete(name),
      use: (name: string) => ({ withConsistency: () => this.#class(name) }),
      listAll: async () => [...this.classesByName.keys()].map((name) => ({ name })),
    };
    return work({ client: { collections } } as unknown as Node);
  }

  inClass<T>(name: string, work: (collection: never) => Promise<T>): Promise<T> {
    return work(this.#class(name) as never);
  }

  async classes(): Promise<string[]> {
    return [...this.classesByName.keys()];
  }

  async object(className: string, id: string): Promise<FakeObject | undefined> {
    await this.beforeRead(className);
    return this.classesByName.get(className)?.objects.get(id);
  }

  async delete(className: string, id: string): Promise<void> {
    this.objects(className).delete(id);
  }

  async close(): Promise<void> {}

  #class(name: string) {
    const all = () => [...this.objects(name)].sort(([a], [b]) => (a < b ? -1 : 1));
    const shape = () => this.classesByName.get(name)?.properties ?? new Set<string>();
    return {
      config: {
        get: async () => ({ properties: [...shape()].map((property) => ({ name: property })) }),
        addProperty: async (property: { name: string }) => void shape().add(property.name),
      },
      data: { insertMany: async (list: readonly Inserted[]) => this.#insert(name, shape(), list) },
      aggregate: {
        overAll: async ({ filters }: { filters?: Filter } = {}) => {
          this.counted += 1;
          return { totalCount: all().filter(([, one]) => passes(filters, one)).length };
        },
        groupBy: {
          overAll: async () => [...new Set(all().map(([, { properties }]) => properties['product']))],
        },
      },
      sort: { byProperty: (property: string) => property },
      query: {
        nearVector: async (vector: readonly number[], { limit, filters }: Fetch) => ({
          objects: all()
            .filter(([, one]) => passes(filters, one))
            .map(([uuid, one]) => ({ uuid, ...one, rank: roughDistance(vector, one.vectors?.default ?? []) }))
            .sort((a, b) => a.rank - b.rank)
            .slice(0, limit),
        }),
        fetchObjects: async ({ limit, after = '', filters, sort }: Fetch) => ({
          objects: all()
            .filter(([uuid, one]) => uuid > after && passes(filters, one))
            .sort(sort === undefined ? () => 0 : byProperty(sort))
            .slice(0, limit)
            .map(([uuid, { properties, writtenAt }]) => ({
              uuid,
              properties,
              metadata: { updateTime: new Date(writtenAt) },
            })),
        }),
      },
    };
  }

  #insert(name: string, shape: ReadonlySet<string>, list: readonly Inserted[]) {
    for (const { id, properties, vectors } of list) {
      const strange = Object.keys(properties).find((property) => !shape.has(property));
      if (strange !== undefined) throw new Error(`class ${name} has no property ${strange}`);
      this.objects(name).set(id, {
        properties,
        vectors: vectors && { default: vectors },
        writtenAt: justNow,
      });
    }
    return { hasErrors: false, errors: {} };
  }
}

interface Inserted {
  readonly id: string;
  readonly properties: Record<string, unknown>;
  readonly vectors?: readonly number[];
}

interface Fetch {
  readonly limit: number;
  readonly after?: string;
  readonly filters?: Filter;
  readonly sort?: string;
}

const byProperty =
  (name: string) =>
  ([, a]: [string, FakeObject], [, b]: [string, FakeObject]): number =>
    String(a.properties[name]) < String(b.properties[name]) ? -1 : 1;

/** A distance to two digits, as an index of codes knows it: its order is not the true one. */
const roughDistance = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return Math.round(100 * (1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
};

/** Builders of settings, whose result nothing looks at. */
const configure: unknown = new Proxy(() => configure, { get: () => configure });

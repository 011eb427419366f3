import type { Cluster } from './cluster.ts';
import { ItemClass } from './item-class.ts';
import { Pictures } from './pictures.ts';
import type { CollectionRecord, Registry } from './registry.ts';

/** A collection of the cluster as it was when its record was read. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly items: ItemClass;
  readonly pictures: Pictures;
  /** The items with vectors of the next model, while there is one. */
  readonly next: ItemClass | undefined;
}

/** Milliseconds for which searches go by a record that was read before. */
const recordMs = 1000;

/** The collections of a cluster, with what is known of their classes. */
export class Collections {
  readonly cluster: Cluster;
  readonly #registry: Registry;
  readonly #classes = new Map<string, ItemClass>();
  readonly #pictures = new Map<string, Pictures>();
  readonly #read = new Map<string, { readonly at: number; readonly record: CollectionRecord }>();
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(cluster: Cluster, registry: Registry) {
    this.cluster = cluster;
    this.#registry = registry;
  }

  /** Opens a collection by its record as it is now. @throws SnapshelfError `collection-not-found`. */
  async fresh(name: string): Promise<OpenCollection> {
    const record = await this.#registry.get(name);
    this.#read.set(name, { at: performance.now(), record });
    return this.of(record);
  }

  /** Opens a collection by its record as it was a second ago at most. */
  async recent(name: string): Promise<OpenCollection> {
    const known = this.#read.get(name);
    return known !== undefined && performance.now() - known.at < recordMs
      ? this.of(known.record)
      : this.fresh(name);
  }

  /** Forgets what was read of a collection. */
  forget(name: string): void {
    this.#read.delete(name);
  }

  /** Keeps a record, in the cluster too. */
  async put(record: CollectionRecord): Promise<OpenCollection> {
    await this.#registry.put(record);
    this.#read.set(record.name, { at: performance.now(), record });
    return this.of(record);
  }

  of(record: CollectionRecord): OpenCollection {
    const { reindex } = record;
    return {
      record,
      items: this.#classOf(record),
      pictures: this.#picturesOf(record),
      next: reindex && this.#classOf(reindex),
    };
  }

  /** Does one write of a collection after the other. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#writing.get(name) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => {});
    this.#writing.set(name, settled);
    void settled.then(() => {
      if (this.#writing.get(name) === settled) this.#writing.delete(name);
    });
    return turn;
  }

  #classOf(settings: Pick<CollectionRecord, 'className' | 'dimension' | 'metric'>): ItemClass {
    const known = this.#classes.get(settings.className) ?? new ItemClass(this.cluster, settings);
    this.#classes.set(settings.className, known);
    return known;
  }

  #picturesOf({ pictureClass }: CollectionRecord): Pictures {
    const known = this.#pictures.get(pictureClass) ?? new Pictures(this.cluster, pictureClass);
    this.#pictures.set(pictureClass, known);
    return known;
  }
}

let last = 0;

/**
 * Returns a number for a change that is larger than those before, and used by no other server: milliseconds, and a part of
 * one that is drawn.
 */
export function nextSequence(before: number): number {
  last = Math.max(last + 1, before + 1, Date.now() * 2048 + Math.floor(Math.random() * 2048));
  return last;
}

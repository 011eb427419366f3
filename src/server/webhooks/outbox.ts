import { isEngineAway, type Records } from '../../engine/index.ts';
import type { Logger } from '../../log.ts';
import { type Delivery, giveUp, readDelivery, textOf } from './delivery.ts';

const largestFile = 2 ** 20;
/** The folder of the records. */
const folder = 'webhooks';
const recordPath = /^webhooks\/([0-9a-f]{24})\.json$/;

/** The deliveries, a record each, all of them in memory too. One that is put is kept when `put` resolves. */
export class Outbox {
  readonly #records: Records;
  readonly #log: Logger;
  readonly #most: number;
  /** By id, the oldest first. */
  readonly #deliveries = new Map<string, Delivery>();
  /** The versions of their records, by id; also of those that cannot be read. */
  readonly #versions = new Map<string, string>();

  /** @param most deliveries of a webhook that wait, and of those that are over; the oldest give way to further ones */
  constructor(records: Records, log: Logger, most = 100) {
    this.#records = records;
    this.#log = log;
    this.#most = most;
  }

  /** Reads what earlier processes left, or other servers have changed. What cannot be read is named in the log and left out. */
  async load(): Promise<void> {
    // Before the list: what is put meanwhile is not gone.
    const known = [...this.#versions.keys()];
    const entries = await this.#records.list(folder);
    const there = new Set(entries.map(({ path }) => recordPath.exec(path)?.[1]));
    for (const id of known) if (!there.has(id)) this.#forget(id);
    for (const { path, version } of entries) {
      const id = recordPath.exec(path)?.[1];
      if (id !== undefined && this.#versions.get(id) !== version) await this.#read(id, version);
    }
    const byAge = (a: Delivery, b: Delivery): number => Date.parse(a.createdAt) - Date.parse(b.createdAt);
    const all = [...this.#deliveries.values()].sort(byAge);
    this.#deliveries.clear();
    for (const delivery of all) this.#deliveries.set(delivery.id, delivery);
  }

  async #read(id: string, version: string): Promise<void> {
    try {
      const found = await this.#records.read(pathOf(id), largestFile);
      this.#versions.set(id, version);
      if (found === undefined) return this.#forget(id);
      const delivery = readDelivery(found.content.toString('utf8'));
      if (delivery.id !== id) throw new RangeError('Its name is not that of its content.');
      this.#deliveries.set(id, delivery);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      this.#versions.set(id, version);
      this.#log.warn('a delivery of a webhook cannot be read and is left out', { name: `${id}.json`, error });
    }
  }

  /** Returns a delivery by its id; undefined if there is none. */
  get(id: string): Delivery | undefined {
    return this.#deliveries.get(id);
  }

  /** Lists the deliveries of a webhook, the oldest first. */
  of(webhook: string): Delivery[] {
    return [...this.#deliveries.values()].filter((one) => one.webhook === webhook);
  }

  /** Lists the deliveries that wait, the oldest first. */
  pending(): Delivery[] {
    return [...this.#deliveries.values()].filter(({ state }) => state === 'pending');
  }

  /**
   * Keeps a delivery in its new state, which is told once it is on disk: what somebody saw must not be gone after a crash.
   * @throws SnapshelfError `disk-full`, `not-writable`: it is then in memory only
   */
  async put(delivery: Delivery): Promise<void> {
    const { id } = delivery;
    const wasKnown = this.#deliveries.has(id);
    try {
      this.#versions.set(id, await this.#records.write(pathOf(id), textOf(delivery)));
    } finally {
      // Its webhook may have been removed meanwhile.
      if (wasKnown && !this.#deliveries.has(id)) await this.#remove(id);
      else this.#deliveries.set(id, delivery);
    }
    await this.#makeRoom(delivery);
  }

  /** Removes all deliveries of a webhook. */
  async removeAll(webhook: string): Promise<void> {
    for (const { id } of this.of(webhook)) await this.#remove(id);
  }

  /** Keeps what waits, and what is over, within their bounds. */
  async #makeRoom({ id, webhook }: Delivery): Promise<void> {
    const all = this.of(webhook);
    const waiting = all.filter(({ state }) => state === 'pending');
    const over = all.filter(({ state }) => state !== 'pending');
    const most = this.#most;
    const tooMany = (list: readonly Delivery[]): readonly Delivery[] =>
      list.filter((one) => one.id !== id).slice(0, Math.max(0, list.length - most));
    for (const one of tooMany(over)) await this.#remove(one.id);
    for (const one of tooMany(waiting)) {
      this.#log.warn('a webhook has too many deliveries that wait; the oldest is given up', {
        webhook,
        delivery: one.id,
      });
      await this.put(giveUp(one, `More than ${most} deliveries waited.`));
    }
  }

  async #remove(id: string): Promise<void> {
    this.#forget(id);
    await this.#records.remove(pathOf(id));
  }

  #forget(id: string): void {
    this.#deliveries.delete(id);
    this.#versions.delete(id);
  }
}

const pathOf = (id: string): string => `${folder}/${id}.json`;

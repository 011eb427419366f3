import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileWithin, writeAtomically } from '../../files/index.ts';
import type { Logger } from '../../log.ts';
import { type Delivery, giveUp, readDelivery, textOf } from './delivery.ts';

const largestFile = 2 ** 20;
const fileName = /^([0-9a-f]{24})\.json$/;

/** The deliveries of a data folder, a file each, all of them in memory too. One that is put is on disk when `put` resolves. */
export class Outbox {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #most: number;
  /** By id, the oldest first. */
  readonly #deliveries = new Map<string, Delivery>();

  /** @param most deliveries of a webhook that wait, and of those that are over; the oldest give way to further ones */
  constructor(folder: string, log: Logger, most = 100) {
    this.#folder = folder;
    this.#log = log;
    this.#most = most;
  }

  /** Reads what an earlier process left. What cannot be read is named in the log and left out. */
  async load(): Promise<void> {
    const found: Delivery[] = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!fileName.test(name)) continue;
      try {
        const bytes = await readFileWithin(join(this.#folder, name), largestFile);
        const delivery = readDelivery(bytes.toString('utf8'));
        if (`${delivery.id}.json` !== name) throw new RangeError('Its name is not that of its content.');
        found.push(delivery);
      } catch (error) {
        this.#log.warn('a delivery of a webhook cannot be read and is left out', { name, error });
      }
    }
    const byAge = (a: Delivery, b: Delivery): number => Date.parse(a.createdAt) - Date.parse(b.createdAt);
    for (const delivery of found.sort(byAge)) this.#deliveries.set(delivery.id, delivery);
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
      await writeAtomically(this.#path(id), textOf(delivery));
    } finally {
      // Its webhook may have been removed meanwhile.
      if (wasKnown && !this.#deliveries.has(id)) await rm(this.#path(id), { force: true });
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
    this.#deliveries.delete(id);
    await rm(this.#path(id), { force: true });
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

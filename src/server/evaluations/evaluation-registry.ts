import { checkNumber, checkWhole } from '../../arguments.ts';
import type { Lease } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { messageOf } from '../jobs/job-book.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import { endOf } from './evaluation-event.ts';
import { type EvaluationSummary, isOver, queue } from './evaluation-job.ts';
import type { EvaluationMirror } from './evaluation-mirror.ts';
import type { EvaluationStore } from './evaluation-store.ts';

/** Options of a registry. */
export interface RegistryOptions {
  readonly log: Logger;
  /** Evaluations that are over and are kept; the oldest are removed first. From 0, default 100. */
  readonly kept?: number | undefined;
  /** Days from its start for which an evaluation that is over is kept. From 0, default 30. */
  readonly keptDays?: number | undefined;
  /** The evaluations that the servers of an engine share. Default: there are no other servers. */
  readonly mirror?: EvaluationMirror | undefined;
  /** Are told when an evaluation is over. Default: nobody is. */
  readonly webhooks?: Webhooks | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Keeps a summary of each evaluation in memory, as it is in the store. */
export class EvaluationRegistry {
  readonly #store: EvaluationStore;
  readonly #log: Logger;
  readonly #kept: number;
  readonly #keptMs: number;
  readonly #webhooks: Webhooks | undefined;
  readonly #mirror: EvaluationMirror | undefined;
  readonly #jobs = new Map<string, EvaluationSummary>();

  /** @throws RangeError For options out of range. */
  constructor(store: EvaluationStore, { log, kept = 100, keptDays = 30, webhooks, mirror }: RegistryOptions) {
    checkWhole('kept', kept, { from: 0 });
    checkNumber('keptDays', keptDays, { from: 0 });
    this.#store = store;
    this.#log = log;
    this.#kept = kept;
    this.#keptMs = keptDays * dayMs;
    this.#webhooks = webhooks;
    this.#mirror = mirror;
  }

  /** Reads the evaluations of the store, or what other servers have changed. Those that are not over are queued. */
  async load(): Promise<void> {
    if (this.#mirror !== undefined) return this.#takeChanges(this.#mirror);
    for (const job of await this.#store.load()) this.#jobs.set(job.id, isOver(job) ? job : queue(job));
    await this.removeOutdated();
  }

  async #takeChanges(mirror: EvaluationMirror): Promise<void> {
    const { jobs, gone } = await mirror.changes();
    for (const id of gone) {
      this.#jobs.delete(id);
      await mirror.forget(id);
    }
    // What this server has done since is no news to it.
    for (const job of jobs) if (!this.#isLater(job)) this.#jobs.set(job.id, job);
  }

  /** True if an evaluation has got further here than it is said to be. */
  #isLater({ id, state }: EvaluationSummary): boolean {
    const here = this.#jobs.get(id);
    return here !== undefined && (isOver(here) || (here.state === 'running' && state === 'queued'));
  }

  /** All evaluations, the oldest first. */
  get all(): EvaluationSummary[] {
    return [...this.#jobs.values()];
  }

  /** Lists the evaluations of a collection, the newest first. */
  list(collection: string): EvaluationSummary[] {
    return this.all.filter((job) => job.collection === collection).reverse();
  }

  /** Returns an evaluation by its id; undefined if there is none. */
  find(id: string): EvaluationSummary | undefined {
    return this.#jobs.get(id);
  }

  /** @throws SnapshelfError `item-not-found` */
  get(collection: string, id: string): EvaluationSummary {
    const job = this.#jobs.get(id);
    if (job?.collection === collection) return job;
    throw new SnapshelfError('item-not-found', `The collection ${collection} has no evaluation ${id}.`);
  }

  /** Puts an evaluation in its new state into memory. */
  set(job: EvaluationSummary): void {
    this.#jobs.set(job.id, job);
  }

  /** Puts an evaluation that is over into memory and into the store, and tells it. */
  async saveOver(job: EvaluationSummary, lease?: Lease): Promise<void> {
    this.set(job);
    const { id: evaluation, collection } = job;
    const message = messageOf(evaluation);
    const tell = await this.#webhooks?.begin({
      type: 'evaluation.finished',
      collection,
      evaluation,
      message,
    });
    await this.#store.save(job, lease);
    const end = endOf(job);
    if (end !== undefined) await tell?.(end);
  }

  /** Removes an evaluation. */
  async remove(id: string): Promise<void> {
    this.#jobs.delete(id);
    await this.#store.remove(id);
  }

  /** Removes evaluations that are over and too old, or too many. */
  async removeOutdated(): Promise<void> {
    const over = this.all.filter(isOver);
    const since = new Date(Math.max(0, Date.now() - this.#keptMs)).toISOString();
    const outdated = over.filter(({ createdAt }, at) => createdAt < since || at < over.length - this.#kept);
    if (outdated.length === 0) return;
    for (const { id } of outdated)
      await this.remove(id).catch((error: unknown) => this.#log.warn(String(error), { id }));
    const kept = over.length - outdated.length;
    this.#log.info('old evaluations were removed', { removed: outdated.length, kept });
  }
}

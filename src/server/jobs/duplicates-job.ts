import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import type {
  CollectionDuplicates,
  DuplicatesProgress,
  FindDuplicatesOptions,
  Retriever,
} from '../../retrieval/index.ts';
import type { Problem } from '../http/problem.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import { messageOf } from './job-book.ts';
import type { JobKind, JobMeans, SharedJobsOptions } from './job-kind.ts';
import type { JobRecord } from './job-record.ts';
import { SharedJobs } from './shared-jobs.ts';

const count = z.int().min(0);
const options = z.strictObject({ threshold: z.number().optional(), exact: z.boolean().optional() });
const numbers = z.strictObject({
  threshold: z.number(),
  exact: z.boolean(),
  startedAt: z.iso.datetime(),
  isComplete: z.boolean(),
  done: count,
  total: count,
  changed: count,
  cut: count,
  damaged: count,
  groups: count,
  members: count,
});

type Options = Pick<FindDuplicatesOptions, 'threshold' | 'exact'>;
type Job = JobRecord<Options, DuplicatesProgress>;

/** The state of the search for the duplicates of a collection. */
export interface DuplicatesState {
  readonly state: 'running' | 'done' | 'failed' | 'interrupted';
  readonly numbers: DuplicatesProgress;
  /** The groups; undefined while the search runs. */
  readonly found?: CollectionDuplicates | undefined;
  readonly error?: Problem | undefined;
}

const notFound = (collection: string): SnapshelfError =>
  new SnapshelfError(
    'item-not-found',
    `The duplicates of the collection ${collection} have not been looked for.`,
  );

/** The search for the duplicates of a collection in the background, one at a time on a server. */
export class DuplicatesJob {
  readonly #retriever: Retriever;
  readonly #webhooks: Webhooks | undefined;
  readonly #jobs: SharedJobs<Options, DuplicatesProgress>;
  /** Is called with the first numbers of a search, by its collection. */
  readonly #begun = new Map<string, () => void>();
  /** The errors of searches that never had numbers, by collection. */
  readonly #failures = new Map<string, unknown>();

  /** @param webhooks are told when a search is over */
  constructor(retriever: Retriever, webhooks: Webhooks | undefined, shared: SharedJobsOptions) {
    this.#retriever = retriever;
    this.#webhooks = webhooks;
    this.#jobs = new SharedJobs(this.#kind(), shared);
  }

  /**
   * Starts a search, or continues the one that was interrupted, and returns its state.
   * @throws SnapshelfError `collection-busy` while one runs, `collection-not-found`.
   */
  async start(collection: string, given: Options): Promise<DuplicatesState> {
    const info = await this.#retriever.gallery.info(collection);
    const [busy] = this.#jobs.busy;
    if (busy !== undefined)
      throw new SnapshelfError(
        'collection-busy',
        // Whose it is a key for other collections must not learn.
        `The duplicates of ${busy === collection ? 'this' : 'another'} collection are being looked for. One collection is done at a time: wait, or cancel it.`,
      );
    this.#failures.delete(collection);
    const begun = new Promise<void>((resolve) => this.#begun.set(collection, resolve));
    await this.#jobs.start(info, given, null);
    await begun;
    const job = await this.#jobs.find(info);
    if (job?.numbers != null) return { state: 'running', numbers: job.numbers };
    const failure = this.#failures.get(collection);
    await this.#jobs.forget(collection);
    throw failure ?? notFound(collection);
  }

  /**
   * Returns the state of the search of a collection.
   * @throws SnapshelfError `item-not-found` if there has been none, `collection-not-found`.
   */
  async stateOf(collection: string): Promise<DuplicatesState> {
    // The job first: one that ends meanwhile has kept what it found.
    const job = await this.#jobs.find(await this.#retriever.gallery.info(collection));
    const found = await this.#retriever.keptDuplicates(collection);
    const now = job?.numbers ?? undefined;
    if (job?.state === 'running' && now !== undefined) return { state: 'running', numbers: now };
    if (job?.state === 'failed' && now !== undefined)
      return { state: 'failed', numbers: now, error: job.error };
    if (found === undefined) throw notFound(collection);
    const kept = { ...found, groups: found.groups.length };
    return { state: found.isComplete ? 'done' : 'interrupted', numbers: kept, found };
  }

  /**
   * Cancels the search of a collection, and removes what it has found.
   * @throws SnapshelfError `item-not-found` if there is nothing, `collection-not-found`.
   */
  async remove(collection: string): Promise<void> {
    const job = await this.#jobs.find(await this.#retriever.gallery.info(collection));
    const found = await this.#retriever.keptDuplicates(collection);
    if (found === undefined && job === undefined) throw notFound(collection);
    await this.#jobs.forget(collection);
    await this.#retriever.forgetDuplicates(collection);
  }

  /** Removes a collection by calling `remove`, after its search, and then what the search has left. */
  async forget(collection: string, remove: () => Promise<void>): Promise<void> {
    await this.#jobs.forget(collection);
    await remove();
    await this.#jobs.forget(collection);
    await this.#retriever.forgetDuplicates(collection);
  }

  /** Interrupts the searches of this server. */
  close(): Promise<void> {
    return this.#jobs.close();
  }

  #kind(): JobKind<Options, DuplicatesProgress> {
    return {
      name: 'duplicates',
      options,
      numbers,
      work: (job, means) => this.#work(job, means),
      tell: (job) => this.#tell(job),
    };
  }

  async #work(job: Job, { signal, lease, onProgress }: JobMeans<DuplicatesProgress>): Promise<void> {
    const { collection } = job;
    const onBegun = (): void => {
      this.#begun.get(collection)?.();
      this.#begun.delete(collection);
    };
    let told: Promise<unknown> | undefined;
    const note = (progress: DuplicatesProgress): void => {
      onProgress(progress);
      told ??= this.#begin(job, progress);
      onBegun();
    };
    // Files of a data folder know no leases of other places.
    const held = this.#retriever.gallery.records && lease;
    try {
      await this.#retriever.findDuplicates(collection, {
        ...job.options,
        signal,
        lease: held,
        onProgress: note,
      });
    } catch (error) {
      this.#failures.set(collection, error);
      throw error;
    } finally {
      await told;
      onBegun();
    }
  }

  async #begin({ id, collection }: Job, { startedAt }: DuplicatesProgress) {
    const type = 'duplicates.finished';
    return this.#webhooks?.begin({ type, collection, startedAt, message: messageOf(id) });
  }

  async #tell(job: Job): Promise<void> {
    const { collection, state, error, numbers: last } = job;
    if (last === null || state === 'running') return;
    const { done, total, groups, members } = last;
    const tellEnd = await this.#begin(job, last);
    await tellEnd?.({ collection, state, done, total, groups, members, ...(error && { error }) });
  }
}

import { SnapshelfError } from '../../errors.ts';
import type {
  CollectionDuplicates,
  DuplicatesProgress,
  FindDuplicatesOptions,
  Retriever,
} from '../../retrieval/index.ts';
import { type Problem, problemOf, toSnapshelfError } from '../http/problem.ts';
import type { TellEnd, Webhooks } from '../webhooks/webhook-service.ts';

/** The search that runs, or the last that has failed. */
interface Job {
  readonly collection: string;
  readonly options: Pick<FindDuplicatesOptions, 'threshold' | 'exact'>;
  readonly stop: AbortController;
  end: Promise<void>;
  progress?: DuplicatesProgress;
  failure?: unknown;
}

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

/** The search for the duplicates of a collection in the background, one at a time. The end of the server interrupts it. */
export class DuplicatesJob {
  readonly #retriever: Retriever;
  readonly #webhooks: Webhooks | undefined;
  #job: Job | undefined;

  /** @param webhooks are told when a search is over */
  constructor(retriever: Retriever, webhooks?: Webhooks) {
    this.#retriever = retriever;
    this.#webhooks = webhooks;
  }

  /**
   * Starts a search, or continues the one that was interrupted, and returns its state.
   * @throws SnapshelfError `collection-busy` while one runs, `collection-not-found`.
   */
  async start(collection: string, options: Job['options']): Promise<DuplicatesState> {
    if (this.#running !== undefined)
      throw new SnapshelfError(
        'collection-busy',
        // Whose it is a key for other collections must not learn.
        `The duplicates of ${this.#running.collection === collection ? 'this' : 'another'} collection are being looked for. One collection is done at a time: wait, or cancel it.`,
      );
    const job: Job = { collection, options, stop: new AbortController(), end: Promise.resolve() };
    this.#job = job;
    await new Promise<void>((resolve) => {
      job.end = this.#run(job, resolve).finally(resolve);
    });
    if (job.progress !== undefined) return { state: 'running', numbers: job.progress };
    if (this.#job === job) this.#job = undefined;
    throw job.failure ?? notFound(collection);
  }

  /**
   * Returns the state of the search of a collection.
   * @throws SnapshelfError `item-not-found` if there has been none, `collection-not-found`.
   */
  async stateOf(collection: string): Promise<DuplicatesState> {
    const found = await this.#retriever.keptDuplicates(collection);
    const job = this.#job;
    if (job?.collection === collection && job.progress !== undefined) {
      const { progress: numbers, failure } = job;
      if (failure === undefined) return { state: 'running', numbers };
      return { state: 'failed', numbers, error: problemOf(toSnapshelfError(failure)) };
    }
    if (found === undefined) throw notFound(collection);
    const numbers = { ...found, groups: found.groups.length };
    return { state: found.isComplete ? 'done' : 'interrupted', numbers, found };
  }

  /**
   * Cancels the search of a collection, and removes what it has found.
   * @throws SnapshelfError `item-not-found` if there is nothing, `collection-not-found`.
   */
  async remove(collection: string): Promise<void> {
    const found = await this.#retriever.keptDuplicates(collection);
    if (found === undefined && this.#job?.collection !== collection) throw notFound(collection);
    await this.#end(collection);
    await this.#retriever.forgetDuplicates(collection);
  }

  /** Removes a collection by calling `remove`, after its search, and then what the search has left. */
  async forget(collection: string, remove: () => Promise<void>): Promise<void> {
    await this.#end(collection);
    await remove();
    await this.#end(collection);
    await this.#retriever.forgetDuplicates(collection);
  }

  get #running(): Job | undefined {
    return this.#job?.failure === undefined ? this.#job : undefined;
  }

  /** @param onBegun is called once the search has numbers */
  async #run(job: Job, onBegun: () => void): Promise<void> {
    const { collection, options, stop } = job;
    let told: Promise<TellEnd<'duplicates.finished'> | undefined> | undefined;
    const onProgress = (progress: DuplicatesProgress): void => {
      job.progress = progress;
      const { startedAt } = progress;
      told ??= this.#webhooks?.begin({ type: 'duplicates.finished', collection, startedAt });
      onBegun();
    };
    try {
      await this.#retriever.findDuplicates(collection, { ...options, signal: stop.signal, onProgress });
    } catch (error) {
      if (!stop.signal.aborted) job.failure = error;
    }
    // What was found is on disk.
    if (job.failure === undefined && this.#job === job) this.#job = undefined;
    if (job.progress === undefined) return;
    const { done, total, groups, members } = job.progress;
    const state = stop.signal.aborted ? 'cancelled' : job.failure === undefined ? 'done' : 'failed';
    const error = job.failure === undefined ? {} : { error: problemOf(toSnapshelfError(job.failure)) };
    await (await told)?.({ collection, state, done, total, groups, members, ...error });
  }

  async #end(collection: string): Promise<void> {
    const job = this.#job;
    if (job?.collection !== collection) return;
    job.stop.abort();
    await job.end;
    if (this.#job === job) this.#job = undefined;
  }
}

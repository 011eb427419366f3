import { SnapshelfError } from '../errors.ts';

/** The collections that long work of one kind is done on, each once at a time. */
export class RunningWork {
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #describe: (collection: string) => string;

  /** @param describe says in a sentence that the work is being done */
  constructor(describe: (collection: string) => string) {
    this.#describe = describe;
  }

  /**
   * Does work with a signal that also aborts when the retriever is closed.
   * @throws SnapshelfError `collection-busy` while such work is done on the collection.
   */
  run<T>(
    collection: string,
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#running.has(collection))
      throw new SnapshelfError('collection-busy', this.#describe(collection));
    const running = work(AbortSignal.any([this.#closing.signal, ...(given ? [given] : [])]));
    this.#running.set(collection, running);
    return running.finally(() => this.#running.delete(collection));
  }

  /** Interrupts all and waits for them. */
  async close(): Promise<void> {
    this.#closing.abort(new SnapshelfError('closed', 'The retriever was closed. Open another one.'));
    await Promise.allSettled(this.#running.values());
  }
}

import { SnapshelfError } from '../errors.ts';

/** The collections that are being re-indexed, each once at a time. */
export class RunningReindexes {
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();

  /**
   * Runs a re-index with a signal that also aborts when the retriever is closed.
   * @throws SnapshelfError `collection-busy` while another one of the collection runs.
   */
  run<T>(
    collection: string,
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#running.has(collection))
      throw new SnapshelfError('collection-busy', `The collection ${collection} is being re-indexed.`);
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

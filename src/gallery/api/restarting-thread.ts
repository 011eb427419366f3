import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Answer, Arguments, CallOptions } from '../../threads/index.ts';
import type { GalleryCalls, Operations } from './operations.ts';

/** A thread of a gallery, as far as its restarts are concerned. */
export interface GalleryThread extends GalleryCalls {
  /** Resolves when the thread has ended, with the reason. */
  readonly ended: Promise<SnapshelfError>;
}

/** Deaths within `deathsMs` after which no further thread is started. */
const maxDeaths = 3;
const deathsMs = 60_000;

/**
 * A gallery's thread that is started anew when it dies. Calls that it had are rejected; those that come meanwhile wait for the
 * new one. If threads die one after the other, it gives up, and every call is rejected.
 */
export class RestartingThread implements GalleryCalls {
  /** Resolves with the reason when there is no thread any more and none is started; never after `close`. */
  readonly failed: Promise<SnapshelfError>;
  readonly #launch: () => Promise<GalleryThread>;
  readonly #log: Logger;
  readonly #deaths: number[] = [];
  #thread: Promise<GalleryThread>;
  #isAlive = true;
  #isClosed = false;
  #fail: (error: SnapshelfError) => void = () => {};

  private constructor(thread: GalleryThread, launch: () => Promise<GalleryThread>, log: Logger) {
    this.#launch = launch;
    this.#log = log;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#thread = Promise.resolve(thread);
    this.#watch(thread);
  }

  /** Starts the first thread. @throws the error of its start. */
  static async start(launch: () => Promise<GalleryThread>, log: Logger): Promise<RestartingThread> {
    return new RestartingThread(await launch(), launch, log);
  }

  /** False while there is no thread. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  async call<K extends keyof Operations>(
    operation: K,
    given: Arguments<Operations[K]>,
    options?: CallOptions,
  ): Promise<Answer<Operations[K]>> {
    return (await this.#thread).call(operation, given, options);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const thread = await this.#thread.catch(() => undefined);
    await thread?.close();
  }

  #watch(thread: GalleryThread): void {
    void thread.ended.then((error) => {
      if (!this.#isClosed) this.#restart(error);
    });
  }

  #restart(cause: SnapshelfError): void {
    this.#isAlive = false;
    const now = performance.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((at) => now - at < deathsMs).length;
    this.#log.error('the thread of the gallery died', { error: cause.message, deaths: recent });
    this.#thread = recent < maxDeaths ? this.#begin() : Promise.reject(cause);
    this.#thread.catch((error: unknown) => {
      const reason = error instanceof SnapshelfError ? error : cause;
      this.#log.error('the gallery cannot be used any more', { error: reason.message });
      this.#fail(reason);
    });
  }

  async #begin(): Promise<GalleryThread> {
    const thread = await this.#launch();
    this.#isAlive = true;
    this.#log.info('the gallery has a new thread');
    this.#watch(thread);
    return thread;
  }
}

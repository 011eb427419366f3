import { mainModule } from '../../main-module.ts';
import { WorkerThread } from '../../threads/index.ts';

/**
 * Reads under way at a time. SQLite waits for each page, of which a million items have a hundred thousand: from a disk that answers
 * several reads at once, 100,000 took 4.2 s with four threads ahead and 8.2 s without (4.2 with eight, 5.3 with two).
 */
const count = 4;

/** The operations of a thread that reads ahead. */
export interface ReadAheadOperations {
  /** Reads the pages of items that no other thread has taken by `next`, which is shared, until all are read. */
  read(file: string, next: Int32Array<SharedArrayBuffer>): void;
}

/** Threads that read the pages of items of a large file, so that the system has them when they are looked at. What they meet is not told. */
export class ReadAhead {
  readonly #threads: WorkerThread<ReadAheadOperations>[] = [];

  /** Begins with a file. The threads need no turn of this thread's event loop. */
  begin(file: string): void {
    const next = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < count; i += 1) {
      this.#threads[i] ??= WorkerThread.launch<ReadAheadOperations>(script, {
        name: 'read-ahead',
        ended: 'A thread that reads ahead has ended',
        closed: 'The collections were looked at.',
      });
      this.#threads[i]?.call('read', [file, next]).catch(() => undefined);
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#threads.map((thread) => thread.close()));
  }
}

const script = mainModule(import.meta.url, './read-ahead-thread');

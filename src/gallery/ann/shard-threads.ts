import { mainModule } from '../../main-module.ts';
import { type Answer, type Arguments, WorkerThread } from '../../threads/index.ts';
import type { ShardHosts, ShardOperations } from './shard-hosts.ts';

const indexThread = mainModule(import.meta.url, './index-thread');

/** Shards in threads of their own, which start when they are first needed. A thread that has ended fails each of its calls. */
export class ShardThreads implements ShardHosts {
  readonly count: number;
  readonly numbersPerPart: number;
  readonly #onAnswer: () => void;
  readonly #script: URL;
  /** Calls that load or save. */
  #holding = 0;
  readonly #threads: (WorkerThread<ShardOperations> | undefined)[] = [];

  /**
   * @param count threads, 1 or more
   * @param onAnswer called when there may be more to do
   * @param script the main module of the threads
   */
  constructor(count: number, onAnswer: () => void, script = indexThread) {
    this.count = count;
    this.numbersPerPart = 32_768 * count;
    this.#onAnswer = onAnswer;
    this.#script = script;
  }

  async call<K extends keyof ShardOperations>(
    host: number,
    operation: K,
    given: Arguments<ShardOperations[K]>,
    memory: readonly ArrayBuffer[] = [],
  ): Promise<Answer<ShardOperations[K]>> {
    // Sent before this returns, so that calls keep their order and `settle` waits for all.
    this.#threads[host] ??= this.#start(host);
    const thread = this.#threads[host];
    const holds = operation === 'load' || operation === 'save' ? 1 : 0;
    this.#holding += holds;
    try {
      return await thread.call(operation, given, { transfer: memory });
    } finally {
      this.#holding -= holds;
      this.#onAnswer();
    }
  }

  get isHeld(): boolean {
    return this.#holding > 0;
  }

  settle(): void {
    if (!this.isHeld) return;
    for (const thread of this.#threads) thread?.waitUntilAnswered();
  }

  /** Ends the threads when every call was answered. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#threads.map((thread) => thread?.close()));
  }

  #start(host: number): WorkerThread<ShardOperations> {
    const thread = WorkerThread.launch<ShardOperations>(this.#script, {
      name: `index-${host}`,
      ended: 'A thread of the search index has ended',
      closed: 'The gallery was closed.',
    });
    // The next call starts another thread.
    void thread.ended.then(() => {
      this.#threads[host] = undefined;
    });
    return thread;
  }
}

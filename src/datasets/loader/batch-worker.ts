// The thread that makes batches out of stored pictures, in the order in which they are asked for.
import { SnapshelfError } from '../../errors.ts';
import { mixSeed, randomNumbers } from '../../random.ts';
import { Semaphore, serve, transfer } from '../../threads/index.ts';
import { openStore, type PictureReader } from '../cache/picture-store.ts';
import type { BatchOperations, BatchOrder, BatchSource, LiveRun } from './batch-order.ts';
import { applyTransform } from './transform.ts';

/** Makes the batches of one source. */
class BatchWriter {
  readonly #source: BatchSource;
  readonly #reader: PictureReader;
  readonly #live: LiveRun;

  constructor(source: BatchSource, live: LiveRun) {
    this.#source = source;
    this.#reader = openStore(source.store);
    this.#live = live;
  }

  /** Returns the batch, or undefined if it is no longer wanted. */
  async make(order: BatchOrder): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { length } = order.pictures;
    const images = new Uint8Array(length * this.#source.transform.size ** 2 * 3);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < length && this.#isWanted(order)) await this.#writeSample(order, next++, images);
    };
    await Promise.all(Array.from({ length: this.#reader.readsAtOnce }, work));
    return next === length && this.#isWanted(order) ? images : undefined;
  }

  close(): void {
    this.#reader.close();
  }

  #isWanted({ run }: BatchOrder): boolean {
    return Atomics.load(this.#live, 0) === run;
  }

  /** Writes sample `at`. Its random numbers do not depend on the thread or on the order of the work. */
  async #writeSample(order: BatchOrder, at: number, images: Uint8Array): Promise<void> {
    const { transform: rule, seed } = this.#source;
    const stored = this.#reader.read(order.pictures[at] ?? -1);
    const picture = stored instanceof Promise ? await stored : stored;
    const random = randomNumbers(mixSeed(seed, order.epoch, order.start + at));
    images.set(applyTransform(picture, rule, random), at * rule.size ** 2 * 3);
  }
}

await serve<BatchOperations>(({ live }: { readonly live: LiveRun }) => {
  let writer: BatchWriter | undefined;
  const turns = new Semaphore(1);
  return {
    ready: undefined,
    handlers: {
      open(source) {
        writer = new BatchWriter(source, live);
      },
      async make(order) {
        const images = await turns.run(1, () => {
          if (writer !== undefined) return writer.make(order);
          throw new SnapshelfError('internal', 'A batch was ordered before the store was opened.');
        });
        return images && transfer(images, [images.buffer]);
      },
    },
    close: () => writer?.close(),
  };
});

// The thread that makes batches out of stored pictures, in the order it is asked.
import { parentPort, workerData } from 'node:worker_threads';
import { SnapshelfError, serializeError } from '../errors.ts';
import { mixSeed, randomNumbers } from '../random.ts';
import type { BatchOrder, MakerData, MakerReply, MakerRequest } from './loader-protocol.ts';
import { openStore, type PictureReader } from './picture-store.ts';
import { applyTransform, type TrainTransform } from './transform.ts';

if (parentPort === null) throw new TypeError('datasets/loader-worker is the entry of a worker thread');
const port = parentPort;
const { live } = workerData as MakerData;

interface Opened {
  readonly reader: PictureReader;
  readonly transform: TrainTransform;
  readonly seed: number;
}

let opened: Opened | undefined;
let last: Promise<void> = Promise.resolve();

const wanted = ({ run }: BatchOrder): boolean => Atomics.load(live, 0) === run;

/** Writes sample `at` of the batch. Its random numbers are its own, whoever makes what else, and in which order. */
async function makeSample(of: Opened, order: BatchOrder, at: number, images: Uint8Array): Promise<void> {
  const { reader, transform, seed } = of;
  const stored = reader.read(order.pictures[at] ?? -1);
  const picture = stored instanceof Promise ? await stored : stored;
  const random = randomNumbers(mixSeed(seed, order.epoch, order.start + at));
  images.set(applyTransform(picture, transform, random), at * transform.size ** 2 * 3);
}

/** The batch, or undefined when it is no longer wanted. */
async function makeBatch(of: Opened, order: BatchOrder): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { length } = order.pictures;
  const images = new Uint8Array(length * of.transform.size ** 2 * 3);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < length && wanted(order)) await makeSample(of, order, next++, images);
  };
  await Promise.all(Array.from({ length: of.reader.lanes }, work));
  return next === length && wanted(order) ? images : undefined;
}

async function answer(order: BatchOrder): Promise<void> {
  const { run, index } = order;
  try {
    if (opened === undefined)
      throw new SnapshelfError('internal', 'A batch was ordered before the store was named.');
    const images = await makeBatch(opened, order);
    if (images === undefined) post({ kind: 'dropped', run, index });
    else post({ kind: 'batch', run, index, images }, [images.buffer]);
  } catch (error) {
    post({ kind: 'failed', run, index, error: serializeError(error) });
  }
}

function post(reply: MakerReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer);
}

function perform(request: MakerRequest): void | Promise<void> {
  if (request.kind === 'make') return answer(request.order);
  if (request.kind === 'open')
    opened = { reader: openStore(request.store), transform: request.transform, seed: request.seed };
  else {
    port.close(); // nothing else keeps the thread
    opened?.reader.close();
  }
}

port.on('message', (request: MakerRequest) => {
  last = last.then(() => perform(request));
});
post({ kind: 'ready' });

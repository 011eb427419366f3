import { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../../errors.ts';
import type { Gallery } from '../../gallery/index.ts';
import type { FromPageThread, Picture } from './page-thread.ts';

/** Pages that may be asked for at once; they are made one after the other. */
const maxWaiting = 8;
/** A report of 200,000 queries is some 100 MB of JSON. */
const heapMb = 2048;

/** The thumbnails of the items that a report shows. */
async function picturesOf(gallery: Gallery, collection: string, ids: readonly string[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const id of ids) {
    // An item that was deleted since is shown without its picture.
    const picture = await gallery.thumbnail(collection, id).catch(() => undefined);
    if (picture !== undefined) pictures.push({ id, ...picture });
  }
  return pictures;
}

/** Makes the page of one report in a thread of its own. */
async function makePage(
  gallery: Gallery,
  collection: string,
  report: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./page-thread.js', import.meta.url), {
    name: 'snapshelf-page',
    workerData: report,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  // A thread that is ended while it loads its modules leaves their files open.
  const loaded = new Promise<unknown>((resolve) => worker.once('message', resolve).once('exit', resolve));
  const end = (): void => void loaded.then(() => worker.terminate());
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: FromPageThread) => {
        if ('page' in message) resolve(message.page);
        else if ('ready' in message) return;
        else if ('error' in message) reject(deserializeError(message.error));
        else
          picturesOf(gallery, collection, message.ids).then(
            (pictures) => worker.postMessage(pictures),
            reject,
          );
      });
      worker.once('error', (cause) => reject(died(cause)));
      worker.once('exit', () => reject(signal.aborted ? signal.reason : died()));
    });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

const died = (cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'worker-died',
    'The thread that makes the page has ended; the report as JSON is there.',
    {
      cause,
    },
  );

/** Pages of reports: what draws the plots is large and slow, so it never runs on the main thread. */
export class ReportPages {
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * A report as an HTML page.
   * @throws SnapshelfError `queue-full`, `worker-died`, `source-invalid`; the signal's reason when it aborts.
   */
  async page(gallery: Gallery, collection: string, report: string, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#waiting >= maxWaiting)
      throw new SnapshelfError('queue-full', 'too many pages are being made; try again', {
        details: { retryAfterSeconds: 5 },
      });
    this.#waiting += 1;
    const turn = this.#turn.then(() => makePage(gallery, collection, report, signal));
    this.#turn = turn.catch(() => {});
    return turn.finally(() => {
      this.#waiting -= 1;
    });
  }
}

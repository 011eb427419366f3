import { fork } from 'node:child_process';
import { deserializeError, SnapshelfError } from '../../errors.ts';
import type { Gallery } from '../../gallery/index.ts';
import type { FromPageProcess, Picture, ToPageProcess } from './page-process.ts';

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

/** Makes the page of one report in a process of its own, which an abort ends at once. */
async function makePage(
  gallery: Gallery,
  collection: string,
  report: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const child = fork(new URL('./page-process.js', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
  });
  const tell = (message: ToPageProcess): void => void child.send(message, () => {});
  const end = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (message: FromPageProcess) => {
        if ('page' in message) resolve(message.page);
        else if ('error' in message) reject(deserializeError(message.error));
        else picturesOf(gallery, collection, message.ids).then((pictures) => tell({ pictures }), reject);
      });
      child.once('error', (cause) => reject(died(cause)));
      child.once('exit', () => reject(signal.aborted ? signal.reason : died()));
      tell({ report });
    });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

const died = (cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'worker-died',
    'The process that makes the page has ended; the report as JSON is there.',
    { cause },
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

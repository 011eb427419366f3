import type { Response } from 'express';
import type { Engine } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { mainModule } from '../../main-module.ts';
import type { CalibrationReport } from '../../retrieval/index.ts';
import { runProcess, Semaphore } from '../../threads/index.ts';
import { queueFull } from '../http/queue-full.ts';
import type { PageTask, Picture } from './page-process.ts';

/** Pages that may wait; they are made one after the other. */
const maxWaiting = 7;
/** A report of 200,000 queries is some 100 MB of JSON. */
const heapMb = 2048;

const script = mainModule(import.meta.url, './page-process');

/** Reads the thumbnails of the items that a report shows. */
async function picturesOf(gallery: Engine, collection: string, ids: readonly string[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const id of ids) {
    // An item that was deleted since is shown without its picture.
    const picture = await gallery.thumbnail(collection, id).catch(() => undefined);
    if (picture !== undefined) pictures.push({ id, ...picture });
  }
  return pictures;
}

/** Makes the page of one report in a process of its own, which an abort ends at once. */
const makePage = (
  task: PageTask,
  signal: AbortSignal,
  onQuestion?: (ids: readonly string[]) => Promise<Picture[]>,
): Promise<Uint8Array> =>
  runProcess<PageTask, Uint8Array, never, readonly string[], Picture[]>(script, task, {
    signal,
    flags: [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    onQuestion,
    died: (why) =>
      new SnapshelfError('worker-died', `No page could be made (${why}); the report is there as JSON.`),
  });

/** Sends a page, which runs and fetches nothing. */
export function sendPage(response: Response, page: Uint8Array): void {
  response
    .setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    .type('html')
    .send(Buffer.from(page.buffer, page.byteOffset, page.byteLength));
}

/** Makes pages of reports: plots take long, so they are never drawn on the main thread. */
export class ReportPages {
  readonly #turns = new Semaphore(1);

  /**
   * Makes the HTML page of the report of an evaluation.
   * @param evaluation Path of the report.
   * @throws SnapshelfError `queue-full`, `worker-died`, `source-invalid`
   * @throws The reason of the signal once it is aborted.
   */
  ofEvaluation(
    gallery: Engine,
    collection: string,
    evaluation: string,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#inTurn(
      () => makePage({ evaluation }, signal, (ids) => picturesOf(gallery, collection, ids)),
      signal,
    );
  }

  /**
   * Makes the HTML page of the report of a calibration.
   * @throws SnapshelfError `queue-full`, `worker-died`
   * @throws The reason of the signal once it is aborted.
   */
  ofCalibration(calibration: CalibrationReport, signal: AbortSignal): Promise<Uint8Array> {
    return this.#inTurn(() => makePage({ calibration }, signal), signal);
  }

  async #inTurn(make: () => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#turns.waiting >= maxWaiting)
      throw queueFull('Too many pages are being made. Try again later.', 5);
    return this.#turns.run(1, make, { signal });
  }
}

import type { RequestHandler } from 'express';
import { queueFull } from '../http/queue-full.ts';
import { onFinished } from '../http/request-scope.ts';
import { tooManyBytes } from './upload-errors.ts';

/** Bounds the bytes of all bodies under way, so that many large uploads at once cannot exhaust the memory. */
export class UploadBudget {
  readonly #total: number;
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /**
   * Returns the middleware that counts a body of at most `most` bytes from its announcement until the answer is sent. A body
   * of unknown length counts as `most` bytes.
   */
  admit(most: number): RequestHandler {
    return (request, response, next) => {
      const announced = Number(request.headers['content-length'] ?? Number.NaN);
      const hasNone = request.headers['transfer-encoding'] === undefined && Number.isNaN(announced);
      const bytes = hasNone ? 0 : Number.isNaN(announced) ? most : announced;
      if (bytes > most) throw tooManyBytes(most);
      if (this.#used + bytes > this.#total) throw queueFull('Too many uploads are under way. Try again.', 2);
      this.#used += bytes;
      onFinished(response, () => {
        this.#used -= bytes;
      });
      next();
    };
  }
}

import type { Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { isFinished, onFinished, scopeOf } from './request-scope.ts';

/** Options of `sendParts`. */
export interface SendOptions {
  /** Bytes in all. */
  readonly byteLength: number;
  /** Milliseconds that the client may take to receive one part. */
  readonly timeoutMs: number;
}

/**
 * Sends bytes part by part, each when the one before it has left: a client takes the memory of one part, however slow it
 * is. An error before the first part is thrown with nothing sent; after it the connection is ended by whoever catches it.
 * @throws SnapshelfError `queue-full` for a client that does not read; the error of `parts`.
 */
export async function sendParts(
  response: Response,
  parts: AsyncGenerator<Uint8Array, void>,
  { byteLength, timeoutMs }: SendOptions,
): Promise<void> {
  try {
    let part = await parts.next();
    response.set('Content-Length', String(byteLength));
    // It takes as long as the client takes, within the time of each part.
    scopeOf(response).stopClock();
    for (; part.done !== true; part = await parts.next()) {
      if (isFinished(response)) return;
      await writePart(response, part.value, timeoutMs);
    }
    response.end();
  } finally {
    await parts.return();
  }
}

/** Writes a part of an answer, and waits until it has left where the client is slow. @throws SnapshelfError `queue-full`. */
export async function writePart(response: Response, part: Uint8Array, timeoutMs: number): Promise<void> {
  if (!response.write(part)) await drained(response, timeoutMs);
}

/** Waits until what was written has left, or nobody waits for it any more. */
function drained(response: Response, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isFinished(response)) return resolve();
    const settle = (error?: SnapshelfError): void => {
      clearTimeout(timer);
      response.off('drain', settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    const late = new SnapshelfError(
      'queue-full',
      `The client has not received one part of the answer in ${timeoutMs / 1000} s. The connection was closed.`,
    );
    const timer = setTimeout(() => settle(late), timeoutMs);
    response.once('drain', settle);
    onFinished(response, () => settle());
  });
}

import type { Response } from 'express';
import { isFinished, onFinished, scopeOf } from './request-scope.ts';

/**
 * Sends bytes part by part, each when the one before it has left: a client takes the memory of one part, however slow it
 * is. An error before the first part is thrown with nothing sent; after it the connection is ended by whoever catches it.
 * @param byteLength bytes in all
 * @throws unknown the error of `parts`.
 */
export async function sendParts(
  response: Response,
  parts: AsyncGenerator<Uint8Array, void>,
  byteLength: number,
): Promise<void> {
  try {
    let part = await parts.next();
    response.set('Content-Length', String(byteLength));
    // It takes as long as the client takes, whose reading is watched.
    scopeOf(response).stopClock();
    for (; part.done !== true; part = await parts.next()) {
      if (isFinished(response)) return;
      await writePart(response, part.value);
    }
    response.end();
  } finally {
    await parts.return();
  }
}

/** Writes a part of an answer, and waits until it has left where the client is slow. */
export async function writePart(response: Response, part: Uint8Array): Promise<void> {
  if (!response.write(part)) await drained(response);
}

/** Waits until what was written has left, or nobody waits for it any more. */
function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    if (isFinished(response)) {
      resolve();
      return;
    }
    response.once('drain', resolve);
    onFinished(response, resolve);
  });
}

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
  const drained = drainOf(response);
  try {
    let part = await parts.next();
    response.set('Content-Length', String(byteLength));
    // It takes as long as the client takes, whose reading is watched.
    scopeOf(response).stopClock();
    for (; part.done !== true; part = await parts.next()) {
      if (isFinished(response)) return;
      if (!response.write(part.value)) await drained();
    }
    response.end();
  } finally {
    await parts.return();
  }
}

/** Returns what writes a part of an answer, and waits until it has left where the client is slow. */
export function partWriter(response: Response): (part: Uint8Array) => Promise<void> {
  const drained = drainOf(response);
  return async (part) => {
    if (!response.write(part)) await drained();
  };
}

/** Returns what waits until all that was written has left, or nobody waits for it any more. A large picture waits many times. */
function drainOf(response: Response): () => Promise<void> {
  let wake = (): void => {};
  response.on('drain', () => wake());
  if (!isFinished(response)) onFinished(response, () => wake());
  return () =>
    new Promise((resolve) => {
      wake = resolve;
      if (isFinished(response)) resolve();
    });
}

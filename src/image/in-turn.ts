import { setImmediate } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs work that takes milliseconds of the calling thread, one piece per turn of the event loop, so that other events of
 * the thread are handled in between.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  const mine = last.then(() => setImmediate()).then(work);
  // A failure must not keep the next piece from running.
  last = mine.catch(() => {});
  return mine;
}

import { setImmediate } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs work that takes milliseconds of the calling thread: one piece in a turn of the event loop, however many wait,
 * so that whatever else the thread serves comes in between.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  const mine = last.then(() => setImmediate()).then(work);
  // The next one's turn comes whether or not this one fails.
  last = mine.catch(() => {});
  return mine;
}

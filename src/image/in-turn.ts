import { setImmediate } from 'node:timers/promises';
import { Semaphore } from '../threads/index.ts';

const turn = new Semaphore(1);

/**
 * Runs work that takes milliseconds of the calling thread, one piece per turn of the event loop, so that other events of
 * the thread are handled in between.
 */
export const inTurn = <T>(work: () => T): Promise<T> =>
  turn.run(1, async () => {
    await setImmediate();
    return work();
  });

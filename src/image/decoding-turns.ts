import { availableParallelism } from 'node:os';
import { Semaphore, type SemaphoreOptions } from '../threads/index.ts';

/**
 * Pictures that are decoded at a time in this process, by imports and queries together. More would only fill the queue of
 * libuv's threads, where a query could not overtake.
 */
export const decodingWidth: number = Math.max(2, availableParallelism());

const turns = new Semaphore(decodingWidth);

/**
 * Runs `decode` when it is its turn: queries (`foreground`) come before bulk work (`background`).
 * @throws unknown the error of `decode`; the signal's reason if it aborts before `decode` has begun.
 */
export const inDecodingTurn = <T>(decode: () => Promise<T>, options: SemaphoreOptions = {}): Promise<T> =>
  turns.run(1, decode, options);

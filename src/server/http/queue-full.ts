import { SnapshelfError } from '../../errors.ts';

/** Makes the error for work that has no room now; clients may try again after `retryAfterSeconds`. */
export const queueFull = (message: string, retryAfterSeconds: number): SnapshelfError =>
  new SnapshelfError('queue-full', message, { details: { retryAfterSeconds } });

import { SnapshelfError } from '../../errors.ts';

/** Makes the error for work that has no room now; clients may try again after `retryAfterSeconds`. */
export function queueFull(message: string, retryAfterSeconds: number): SnapshelfError {
  // Nobody reads where a refusal comes from, and under overload stacks cost as much as the rest of it.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new SnapshelfError('queue-full', message, { details: { retryAfterSeconds } });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

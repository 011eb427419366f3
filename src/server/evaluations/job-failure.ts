import { SnapshelfError } from '../../errors.ts';
import { type Problem, problemOf, toSnapshelfError } from '../http/problem.ts';

/** Returns the problem of a job that failed. Options that do not fit its collection are no failure of the server. */
export function failureOf(error: unknown): Problem {
  const refusal =
    error instanceof RangeError
      ? new SnapshelfError('request-invalid', error.message, { cause: error })
      : toSnapshelfError(error);
  const { type, title, status, detail, code } = problemOf(refusal);
  return { type, title, status, detail, code };
}

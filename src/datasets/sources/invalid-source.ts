import { SnapshelfError } from '../../errors.ts';
import { asSentence } from '../../json/index.ts';

/** Details of a `source-invalid` error. */
export interface SourceProblem {
  /** An error whose message is appended. */
  readonly cause?: unknown;
  /** The line of the file, from 1. */
  readonly line?: number | undefined;
}

/** Makes a `source-invalid` error of a message in full sentences and the cause's message, if there is one. */
export function invalidSource(message: string, { cause, line }: SourceProblem = {}): SnapshelfError {
  const reason = cause instanceof Error ? ` ${asSentence(cause.message)}` : '';
  const details = line === undefined ? {} : { line };
  return new SnapshelfError('source-invalid', `${message}${reason}`, { cause, details });
}

/** Lists the first ten items and the number of the others. */
export function listSome(items: readonly string[]): string {
  const rest = items.length - 10;
  return items.slice(0, 10).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

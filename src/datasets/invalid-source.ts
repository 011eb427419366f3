import { SnapshelfError } from '../errors.ts';

/** What `invalidSource` adds to the message. */
export interface Particulars {
  readonly cause?: unknown;
  readonly line?: number | undefined;
  readonly list?: string | undefined;
}

/** A `source-invalid` error: the sentence, then the cause's message or the list, where there is one. */
export function invalidSource(sentence: string, { cause, line, list }: Particulars = {}): SnapshelfError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  const details = line === undefined ? {} : { line };
  return new SnapshelfError(
    'source-invalid',
    `${sentence}${reason}${list === undefined ? '.' : `: ${list}.`}`,
    {
      cause,
      details,
    },
  );
}

/** The first ten, then how many more. */
export function listSome(items: readonly string[]): string {
  const rest = items.length - 10;
  return items.slice(0, 10).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

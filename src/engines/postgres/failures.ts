import { SnapshelfError } from '../../errors.ts';

/** Codes of the operating system, and beginnings of those of Postgres, of a server that is gone or takes no work. */
const lost = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  '08',
  '57P',
  '53300',
  // A server that takes no writes: it was the primary before.
  '25006',
  // A process that stood still amid a transaction, which others waited for.
  '25P03',
];

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown } | null)?.code ?? '');

/** True if the server is gone, or has become one that takes no writes. */
export const isLost = (error: unknown): boolean =>
  (codeOf(error) !== '' && lost.some((code) => codeOf(error).startsWith(code))) ||
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    String((error as Error | null)?.message),
  );

/** True for a transaction that another one was in the way of: it is done again. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error));

/** True for a server that has no more memory or disk for a statement. */
export const isOutOfRoom = (error: unknown): boolean => codeOf(error).startsWith('53');

/** True for what two servers do at once to the same name. */
export const isTaken = (error: unknown): boolean => ['23505', '42P07', '42P06'].includes(codeOf(error));

/** True for a table that is gone: its collection was dropped, or its model changed, between two statements. */
const isGone = (error: unknown): boolean => codeOf(error) === '42P01';

/** True for a read that another transaction was in the way of, such as the switch to another model. */
export const isOvertaken = (error: unknown): boolean => isConflict(error) || isGone(error);

/** Makes the error of an engine that gives no answer. `why` is a sentence. */
export const unavailable = (why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('engine-unavailable', `${why} Try again.`, {
    cause,
    details: { engine: 'postgres', retryAfterSeconds: 1 },
  });

/** Returns the error that callers see for one of the client. */
export function asEngineError(error: unknown): unknown {
  if (error instanceof SnapshelfError) return error;
  const code = codeOf(error);
  if (code === '53100')
    return new SnapshelfError('disk-full', 'The Postgres server has no space left. Nothing was stored.', {
      cause: error,
    });
  if (code === '57014')
    return unavailable('The Postgres server gave up a statement that took too long.', error);
  if (code === '55P03') return unavailable('The Postgres server waits for another transaction.', error);
  if (code === '28P01' || code === '28000' || code === '3D000' || code === '42501')
    return new SnapshelfError(
      'not-writable',
      'The Postgres server does not let this user in, has no such database, or gives it no right to make tables. Check the URL of the engine.',
      { cause: error },
    );
  return isLost(error)
    ? unavailable('The Postgres server cannot be reached, or takes no writes.', error)
    : error;
}

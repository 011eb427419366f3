import { SnapshelfError } from '../../errors.ts';

/** Codes of the operating system, and beginnings of those of Postgres, of a server that is gone or takes no work. */
const lost = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  '08',
  '57P',
  // A server that takes no writes: it was the primary before.
  '25006',
  // A process that stood still amid a transaction, which others waited for.
  '25P03',
];
/** The sayings of the client about a connection that is gone, or gives no answer. */
const lostTexts =
  /Connection terminated|Query read timeout|timeout expired|Client has encountered a connection error|Client was closed|after calling end on the pool/;

/** Seconds after which to ask a server again that waits for somebody to mend something. */
const later = 60;

/** The sayings of a server by their codes: a sentence, and the seconds after which to try again. */
const sayings: Readonly<Record<string, readonly [string, number]>> = {
  '28P01': ['The Postgres server does not take the password in the URL of the engine.', later],
  '28000': ['The Postgres server does not let the user in the URL of the engine in.', later],
  '3D000': ['The Postgres server has no such database as the URL of the engine names.', later],
  '42501': ['The Postgres server gives the user in the URL of the engine no right to do this.', later],
  '57014': ['The Postgres server gave up a statement that took too long.', 1],
  '57P03': ['The Postgres server is starting, or ending.', 1],
  '55P03': ['The Postgres server waits for another transaction.', 1],
};

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown } | null)?.code ?? '');
const textOf = (error: unknown): string => String((error as Error | null)?.message);

/** True if the server is gone, or has become one that takes no writes. */
export const isLost = (error: unknown): boolean =>
  (codeOf(error) !== '' && lost.some((code) => codeOf(error).startsWith(code))) ||
  lostTexts.test(textOf(error));

/** True where all connections are in use, those of this process or of the server: it is there all the same. */
export const isCrowded = (error: unknown): boolean =>
  codeOf(error) === '53300' || textOf(error).includes('timeout exceeded when trying to connect');

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

/** True for an error that the server has sent. */
const isOfServer = (error: unknown): boolean =>
  typeof (error as { readonly severity?: unknown } | null)?.severity === 'string';

/** Makes the error of an engine that gives no answer. `why` is a sentence. */
export function unavailable(why: string, cause?: unknown, retryAfterSeconds = 1): SnapshelfError {
  const advice = retryAfterSeconds === later ? 'Check it' : 'Try again';
  const details = { engine: 'postgres', retryAfterSeconds };
  return new SnapshelfError('engine-unavailable', `${why} ${advice}.`, { cause, details });
}

/** Returns the error that callers see for one of the client; that of a transaction that may be done again stays as it is. */
export function asEngineError(error: unknown): unknown {
  if (error instanceof SnapshelfError) return error;
  const code = codeOf(error);
  if (code === '53100')
    return new SnapshelfError('disk-full', 'The Postgres server has no space left. Nothing was stored.', {
      cause: error,
    });
  const saying = sayings[code];
  if (saying !== undefined) return unavailable(saying[0], error, saying[1]);
  if (isCrowded(error)) return unavailable('All connections to the Postgres server are in use.', error);
  if (isLost(error)) return unavailable('The Postgres server cannot be reached, or takes no writes.', error);
  if (/^5[38]/.test(code))
    return unavailable('The Postgres server lacks memory, disk or files for this.', error);
  return error;
}

/** Returns the error that callers see where no connection was made, whatever was in the way: names, passwords, certificates. */
export function asConnectError(error: unknown): unknown {
  const known = asEngineError(error);
  if (known instanceof SnapshelfError) return known;
  const why = codeOf(error) === '' ? textOf(error) : codeOf(error);
  return unavailable(`No connection to the Postgres server could be made (${why}).`, error, later);
}

/** Returns the error that callers see for that of a transaction that is not done again. */
export function asLastError(error: unknown): unknown {
  if (isConflict(error)) return unavailable('Other transactions were in the way of this one.', error);
  if (!isOfServer(error)) return error;
  return new SnapshelfError('internal', `The Postgres server refused a statement (${codeOf(error)}).`, {
    cause: error,
  });
}

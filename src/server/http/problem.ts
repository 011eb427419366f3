import { ZodError } from 'zod';
import { type ErrorCode, errorCatalogue, SnapshelfError, statusOf } from '../../errors.ts';
import { asSentence, maxProblems } from '../../json/index.ts';
import { problemDetails } from './problem-details.ts';
import { publicData } from './public-text.ts';

/** An error as HTTP clients receive it: RFC 9457, with the stable code and the details of the error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly [extension: string]: unknown;
}

/** Errors that quote only the request: slashes in them are the client's own. */
const requestErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'route-not-found',
  'id-invalid',
  'item-not-found',
  'filter-invalid',
]);

/** Removes from a problem what no client may see: paths of this machine, and texts without end. */
export function publicProblem(problem: Problem): Problem {
  if (requestErrors.has(problem.code)) return { ...problem, detail: problem.detail.slice(0, 2000) };
  return publicData(problem) as Problem;
}

const sentDetails = (details: SnapshelfError['details']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(details).filter(([name]) => Object.hasOwn(problemDetails, name)));

/** Converts an error to a problem, without the fields that belong to one request. */
export const problemOf = ({ code, message, details }: SnapshelfError): Problem =>
  publicProblem({
    ...sentDetails(details),
    type: `urn:snapshelf:error:${code}`,
    title: errorCatalogue[code],
    status: statusOf(code),
    detail: message,
    code,
  });

interface HttpError extends Error {
  readonly status: number;
  readonly type?: string;
}

const isHttpError = (error: unknown): error is HttpError =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;

const codesOfStatus: Readonly<Record<number, ErrorCode>> = {
  413: 'body-too-large',
  415: 'media-type-unsupported',
};

function fromZod({ issues }: ZodError): SnapshelfError {
  const errors = issues.slice(0, maxProblems).map(({ path, message }) => ({
    field: path.map(String).join('.').slice(0, 200),
    message: message.slice(0, 200),
  }));
  const detail = errors
    .map(({ field, message }) =>
      field === '' ? asSentence(message) : `Field "${field}": ${asSentence(message)}`,
    )
    .join(' ');
  return new SnapshelfError('request-invalid', detail, { details: { errors } });
}

/** Converts any thrown value to an error with a code; what is not the client's fault becomes `internal`. */
export function toSnapshelfError(error: unknown): SnapshelfError {
  if (error instanceof SnapshelfError) return error;
  if (error instanceof ZodError) return fromZod(error);
  if (isHttpError(error))
    return new SnapshelfError(codesOfStatus[error.status] ?? 'request-invalid', asSentence(error.message));
  return new SnapshelfError('internal', 'Something failed on the server. Its log has more.', {
    cause: error,
  });
}

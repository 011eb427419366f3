import type { ErrorCode, Problem } from './types.ts';

/** Codes of errors that are none of the server. */
export type ClientErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'answer-unreadable'
  | 'picture-unreadable'
  | 'webhook-unverified';

/** An error of the client. Each has a stable `code`: decide by it, not by the message. */
export abstract class ClientError extends Error {
  abstract readonly code: ErrorCode | ClientErrorCode;
  /** The id of the request in the server's log, where it has answered. */
  readonly requestId: string | undefined;

  constructor(
    message: string,
    { requestId, cause }: { requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.requestId = requestId;
  }
}

/** The server refused or failed: `code` is one of docs/errors.md, `problem` the whole of its answer. */
export class ProblemError extends ClientError {
  override readonly name = 'ProblemError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly problem: Problem;
  /** Milliseconds after which the server wants to be asked again; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, requestId: string | undefined, retryAfterMs?: number) {
    super(problem.detail, { requestId });
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server could not be reached, or the connection ended before the answer did (`unreachable`). */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError';
  readonly code = 'unreachable';
}

/** The answer took longer than `timeoutMs` (`timeout`). The server may have done what it was asked for. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
}

/** The answer is none of Snapshelf, such as that of a proxy (`answer-unreadable`). */
export class AnswerError extends ClientError {
  override readonly name = 'AnswerError';
  readonly code = 'answer-unreadable';
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, requestId: string | undefined, retryAfterMs?: number) {
    super(
      `The answer of status ${status} is none of Snapshelf. Check the address and what stands in front of the server.`,
      { requestId },
    );
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A picture of the request could not be read (`picture-unreadable`). */
export class PictureError extends ClientError {
  override readonly name = 'PictureError';
  readonly code = 'picture-unreadable';
}

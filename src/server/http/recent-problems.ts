import type { ErrorCode } from '../../errors.ts';

/** A request that was answered with a problem: enough to find it in the log, and nothing that it carried. */
export interface RecentProblem {
  /** The time of the answer: ISO 8601. */
  readonly time: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly requestId: string;
  /** The method with the pattern of its route; null where there is no such route. */
  readonly route: string | null;
}

const mostOfAKind = 50;

/**
 * The last requests that were answered with a problem: at most 50 that the server is to blame for (status 500 and above), and 50 that
 * the client is, so that strangers who guess at addresses push no failure of the server out.
 */
export class RecentProblems {
  readonly #servers: RecentProblem[] = [];
  readonly #clients: RecentProblem[] = [];

  /** Notes a problem in place of the oldest of its kind. */
  add(problem: RecentProblem): void {
    const kind = problem.status >= 500 ? this.#servers : this.#clients;
    kind.push(problem);
    if (kind.length > mostOfAKind) kind.shift();
  }

  /** Lists the problems, the newest first. */
  list(): readonly RecentProblem[] {
    return [...this.#servers, ...this.#clients].sort((a, b) => b.time.localeCompare(a.time));
  }
}

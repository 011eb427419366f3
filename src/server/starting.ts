import type { RequestListener } from 'node:http';
import { SnapshelfError } from '../errors.ts';
import { problemOf } from './problem.ts';

/** What answers while the gallery is being loaded: the process lives, nothing else works yet. */
export function startingApp(): RequestListener {
  const problem = problemOf(new SnapshelfError('not-ready', 'the gallery is being loaded; try again soon'));
  return (request, response) => {
    if (request.url === '/health/live') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"live":true}');
      return;
    }
    const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '1' };
    response.writeHead(problem.status, headers).end(JSON.stringify(problem));
  };
}

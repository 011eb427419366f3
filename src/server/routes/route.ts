import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { forRequest } from '../../threads/index.ts';
import type { GuardedRouter } from '../access/access.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { Once } from '../idempotency/once.ts';
import {
  type AnswerBody,
  type Method,
  type Operation,
  type operations,
  operationsOf,
  type Path,
} from '../operations/index.ts';

type Table = typeof operations;
type Body<O> = O extends Operation ? AnswerBody<O> : never;
type Handle<B> = (request: Request, response: Response<B>) => Promise<void> | void;

/** The parts of an application that all routes need. */
export interface RouteContext extends GuardedRouter {
  readonly once: Once;
  /** Answers what a route has thrown. */
  readonly problems: ErrorRequestHandler;
}

/** A handler of a request: it sends an answer that its operation knows, or throws. */
export type Handler<P extends Path, M extends keyof Table[P]> = Handle<Body<Table[P][M]>>;

/** A method's handler, or middleware and then the handler. */
type Entry<B> = Handle<B> | readonly [readonly RequestHandler[], Handle<B>];

type AnyEntry = RequestHandler | readonly [readonly RequestHandler[], RequestHandler];

/** The handlers of a path: one per method in `operations`. */
export type Methods<P extends Path> = { readonly [M in keyof Table[P]]: Entry<Body<Table[P][M]>> };

/**
 * Adds a path with its methods, each behind the guard of its level. Any other method is answered with the list of methods,
 * if at least one of them is allowed.
 */
export function route<P extends Path>(
  { router, access, once, problems }: RouteContext,
  path: P,
  methods: Methods<P>,
): void {
  const line = router.route(path);
  const methodsOfPath = operationsOf(path);
  for (const [method, { need, headers }] of methodsOfPath) {
    const entry = (methods as unknown as Readonly<Record<Method, AnyEntry>>)[method];
    const [middleware, handler] = typeof entry === 'function' ? [[], entry] : entry;
    const done = headers?.includes('Idempotency-Key') ? once.wrap(handler as Handle<never>) : handler;
    const handle = named(done as Handle<never>);
    line[method](access.guard(path, method, need), ...middleware, handle);
  }
  line.all((request) => {
    const allow = methodsOfPath
      .filter(([, { need }]) => access.allows(need, request))
      .flatMap(([method]) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    if (allow.length === 0) access.require(methodsOfPath[0]?.[1].need ?? 'admin', request);
    throw new SnapshelfError(
      'method-not-allowed',
      `This route does not take ${request.method}, only ${allow.join(', ')}.`,
      { details: { allow } },
    );
  });
  // An error would else be held against the paths of all further routes.
  line.all(problems);
}

/** Has a handler work under the id of its request, which the lines of threads in the log then name. */
const named =
  (handle: Handle<never>): RequestHandler =>
  (request, response) =>
    forRequest(scopeOf(response).id, () => handle(request, response as Response<never>));

/** Returns the path of the request's collection, below the path that the application is mounted at. */
export const collectionPath = (request: Request): string =>
  `${request.baseUrl}/v1/collections/${encodeURIComponent(parameter(request, 'collection'))}`;

/** Returns a parameter of the path. */
export const parameter = (request: Request, name: string): string => String(request.params[name]);

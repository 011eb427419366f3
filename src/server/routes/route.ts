import type { Request, RequestHandler, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { type GuardedRouter, type Method, needsOf, type Path, type routeNeeds } from '../access/access.ts';

/** A handler of a request: it sends the answer or throws. */
export type Handler = (request: Request, response: Response) => Promise<void> | void;

/** A method's handler, or middleware and then the handler. */
type Entry = Handler | readonly [readonly RequestHandler[], Handler];

/** The handlers of a path: one per method in `routeNeeds`. */
export type Methods<P extends Path> = { readonly [M in keyof (typeof routeNeeds)[P]]: Entry };

/**
 * Adds a path with its methods, each behind the guard of its level. Any other method is answered with the list of methods,
 * if at least one of them is allowed.
 */
export function route<P extends Path>({ router, access }: GuardedRouter, path: P, methods: Methods<P>): void {
  const line = router.route(path);
  const needs = needsOf(path);
  for (const [method, need] of needs) {
    const entry = (methods as Readonly<Record<Method, Entry>>)[method];
    const [middleware, handler] = typeof entry === 'function' ? [[], entry] : entry;
    line[method](access.guard(path, method, need), ...middleware, handler);
  }
  line.all((request) => {
    const allow = needs
      .filter(([, need]) => access.allows(need, request))
      .flatMap(([method]) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    if (allow.length === 0) access.require(needs[0]?.[1] ?? 'admin', request);
    throw new SnapshelfError(
      'method-not-allowed',
      `This route does not take ${request.method}, only ${allow.join(', ')}.`,
      { details: { allow } },
    );
  });
}

/** Returns the path of the request's collection, below the path that the application is mounted at. */
export const collectionPath = (request: Request): string =>
  `${request.baseUrl}/v1/collections/${encodeURIComponent(parameter(request, 'collection'))}`;

/** Returns a parameter of the path. */
export const parameter = (request: Request, name: string): string => String(request.params[name]);

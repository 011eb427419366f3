import type { Request, RequestHandler, Response, Router } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** What a route does with a request: it sends the answer or throws. */
export type Handler = (request: Request, response: Response) => Promise<void> | void;

export type Method = 'get' | 'put' | 'post' | 'delete';

/** A method's handler, or middleware and then the handler. */
export type Methods = Partial<Record<Method, Handler | readonly [readonly RequestHandler[], Handler]>>;

/** Adds a path with its methods; any other method is told which ones there are. */
export function route(router: Router, path: string, methods: Methods): void {
  const line = router.route(path);
  for (const [method, entry] of Object.entries(methods)) {
    const [middleware, handler] = typeof entry === 'function' ? [[], entry] : entry;
    line[method as Method](...middleware, handler);
  }
  const allow = Object.keys(methods).flatMap((method) =>
    method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  );
  line.all((request) => {
    throw new SnapshelfError(
      'method-not-allowed',
      `${request.method} is not possible here; possible: ${allow.join(', ')}`,
      {
        details: { allow },
      },
    );
  });
}

/** The path of the request's collection, with whatever the application is mounted under. */
export const collectionPath = (request: Request): string =>
  `${request.baseUrl}/v1/collections/${encodeURIComponent(parameter(request, 'collection'))}`;

/** A parameter of the path. */
export const parameter = (request: Request, name: string): string => String(request.params[name]);

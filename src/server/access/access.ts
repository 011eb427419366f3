import type { Request, RequestHandler, Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { checkLevel, type Level, levels } from './level.ts';
import type { Origins } from './origins.ts';

/** The level that a request needs; `always` needs none. */
export type Need = Level | 'always';

/** A method of a route; HEAD counts as `get`. */
export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/**
 * Every route with the level that each of its methods needs; HEAD needs the level of GET. `route` accepts no path and no
 * method that is missing here. A method that needs `write` or `admin` and is not GET changes something.
 */
export const routeNeeds = {
  '/': { get: 'always' },
  '/health/live': { get: 'always' },
  '/health/ready': { get: 'always' },
  '/metrics': { get: 'admin' },
  '/v1/embeddings': { post: 'read' },
  '/v1/backup': { get: 'admin' },
  '/v1/models': { get: 'read' },
  '/v1/collections': { get: 'read' },
  '/v1/collections/:collection': { get: 'read', put: 'admin', delete: 'admin' },
  '/v1/collections/:collection/search': { post: 'search' },
  '/v1/collections/:collection/items': { get: 'read', patch: 'write' },
  '/v1/collections/:collection/items/batch': {
    post: 'write',
    get: 'read',
    put: 'write',
    patch: 'write',
    delete: 'write',
  },
  '/v1/collections/:collection/items/delete': {
    post: 'write',
    get: 'read',
    put: 'write',
    patch: 'write',
    delete: 'write',
  },
  '/v1/collections/:collection/items/:id': { get: 'read', put: 'write', patch: 'write', delete: 'write' },
  '/v1/collections/:collection/items/:id/image': { get: 'search' },
  '/v1/collections/:collection/items/:id/thumbnail': { get: 'search' },
  '/v1/collections/:collection/reindex': { get: 'admin', post: 'admin', delete: 'admin' },
  '/v1/collections/:collection/evaluations': { get: 'admin', post: 'admin' },
  '/v1/collections/:collection/evaluations/:evaluation': { get: 'admin', delete: 'admin' },
  '/v1/collections/:collection/evaluations/:evaluation/report': { get: 'admin' },
} as const;

/** The path of a route. */
export type Path = keyof typeof routeNeeds;

/** Lists the methods of a path with the level that each needs. */
export function needsOf(path: Path): [Method, Need][] {
  const needs: Readonly<Record<Path, Readonly<Partial<Record<Method, Need>>>>> = routeNeeds;
  return Object.entries(needs[path]) as [Method, Need][];
}

/** A router with the access rules that its routes are guarded by. */
export interface GuardedRouter {
  readonly router: Router;
  readonly access: Access;
}

/** Options of `Access`. */
export interface AccessOptions {
  /** Default `search`. */
  readonly allow?: Level | undefined;
  /** True if the data folder is open read-only. */
  readonly readOnly: boolean;
  readonly origins: Origins;
}

const rank = (need: Need): number => (need === 'always' ? -1 : levels.indexOf(need));

/** Decides which requests an application answers, by the level that they need and the origin that they come from. */
export class Access {
  readonly #allow: Level;
  readonly #readOnly: boolean;
  readonly #origins: Origins;

  /** @throws TypeError for an unknown level. */
  constructor({ allow = 'search', readOnly, origins }: AccessOptions) {
    checkLevel(allow);
    this.#allow = allow;
    this.#readOnly = readOnly;
    this.#origins = origins;
  }

  /** True if requests that need `need` are answered. */
  allows(need: Need): boolean {
    return rank(need) <= rank(this.#allow);
  }

  /** Checks the level of a request. @throws SnapshelfError `forbidden` if `need` is not allowed. */
  require(need: Need): void {
    if (this.allows(need)) return;
    throw new SnapshelfError(
      'forbidden',
      `This request needs allow: '${need}', but the application was created with allow: '${this.#allow}'.`,
      { details: { needed: need, allowed: this.#allow } },
    );
  }

  /** Returns the middleware that checks a request before its body is received or anything is looked up. */
  guard(method: Method, need: Need): RequestHandler {
    const changes = method !== 'get' && rank(need) >= rank('write');
    return (request, _response, next) => {
      this.require(need);
      if (changes) this.#requireChange(request);
      next();
    };
  }

  /** @throws SnapshelfError `origin-not-allowed`, `read-only`. */
  #requireChange(request: Request): void {
    this.#origins.requireOwn(request);
    if (this.#readOnly) throw new SnapshelfError('read-only', 'The data folder was opened read-only.');
  }
}

import type { Request, RequestHandler, Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Origins } from './origins.ts';

const levels = ['search', 'read', 'write', 'admin'] as const;

/** How much of the API is open, a ladder: each level allows what those before it do. */
export type Level = (typeof levels)[number];

/** What a request needs: a level, or nothing. */
export type Need = Level | 'always';

export type Method = 'get' | 'put' | 'post' | 'delete';

/**
 * Every route with what each of its methods needs (HEAD what GET does). `route` takes no path and no method that is not
 * here. What needs `write` or `admin` and is no GET changes something.
 */
export const routeNeeds = {
  '/': { get: 'always' },
  '/health/live': { get: 'always' },
  '/health/ready': { get: 'always' },
  '/metrics': { get: 'admin' },
  '/v1/embeddings': { post: 'read' },
  '/v1/collections': { get: 'read' },
  '/v1/collections/:collection': { get: 'read', put: 'admin', delete: 'admin' },
  '/v1/collections/:collection/search': { post: 'search' },
  '/v1/collections/:collection/items': { get: 'read' },
  '/v1/collections/:collection/items/batch': { post: 'write' },
  '/v1/collections/:collection/items/:id': { get: 'read', put: 'write', delete: 'write' },
  '/v1/collections/:collection/items/:id/image': { get: 'search' },
  '/v1/collections/:collection/items/:id/thumbnail': { get: 'search' },
  '/v1/collections/:collection/reindex': { get: 'admin', post: 'admin', delete: 'admin' },
  '/v1/collections/:collection/evaluations': { get: 'admin', post: 'admin' },
  '/v1/collections/:collection/evaluations/:evaluation': { get: 'admin', delete: 'admin' },
  '/v1/collections/:collection/evaluations/:evaluation/report': { get: 'admin' },
} as const;

export type Path = keyof typeof routeNeeds;

/** What each method of a path needs. */
export function needsOf(path: Path): [Method, Need][] {
  const needs: Readonly<Record<Path, Readonly<Partial<Record<Method, Need>>>>> = routeNeeds;
  return Object.entries(needs[path]) as [Method, Need][];
}

/** Where routes are added, with what decides on their requests. */
export interface GuardedRouter {
  readonly router: Router;
  readonly access: Access;
}

export interface AccessOptions {
  /** Default `search`. */
  readonly allow?: Level | undefined;
  /** Whether the data folder is open to read only. */
  readonly readOnly: boolean;
  readonly origins: Origins;
}

const rank = (need: Need): number => (need === 'always' ? -1 : levels.indexOf(need));

/** Throws a TypeError for a level that there is not. */
export function checkLevel(allow: Level): void {
  if (levels.includes(allow)) return;
  throw new TypeError(`allow must be one of ${levels.join(', ')}, not ${JSON.stringify(allow)}`);
}

/** Decides which requests an application answers, by what they need and where they come from. */
export class Access {
  readonly #allow: Level;
  readonly #readOnly: boolean;
  readonly #origins: Origins;

  /** Throws a TypeError for a level that there is not. */
  constructor({ allow = 'search', readOnly, origins }: AccessOptions) {
    checkLevel(allow);
    this.#allow = allow;
    this.#readOnly = readOnly;
    this.#origins = origins;
  }

  allows(need: Need): boolean {
    return rank(need) <= rank(this.#allow);
  }

  /** Throws `forbidden`. */
  require(need: Need): void {
    if (this.allows(need)) return;
    throw new SnapshelfError(
      'forbidden',
      `this needs allow: '${need}', and the application was created with allow: '${this.#allow}'`,
      { details: { needed: need, allowed: this.#allow } },
    );
  }

  /** Middleware that comes before the body is received or anything is looked up. */
  guard(method: Method, need: Need): RequestHandler {
    const changes = method !== 'get' && rank(need) >= rank('write');
    return (request, _response, next) => {
      this.require(need);
      if (changes) this.#requireChange(request);
      next();
    };
  }

  /** Throws `origin-not-allowed`, `read-only`. */
  #requireChange(request: Request): void {
    this.#origins.requireOwn(request);
    if (this.#readOnly) throw new SnapshelfError('read-only', 'the data folder was opened to read only');
  }
}

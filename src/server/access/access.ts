import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Method, Need, Path } from '../operations/index.ts';
import type { AuditLog } from './audit-log.ts';
import { auditWrite } from './audit-writes.ts';
import type { Callers } from './callers.ts';
import { checkLevel, type Level, levels } from './level.ts';
import type { Origins } from './origins.ts';

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
  readonly callers: Callers;
  /** Default: nothing is noted. */
  readonly audit?: AuditLog | undefined;
}

/** Routes that show something of all collections: a key for some collections does not open them. */
const ofAllCollections = (path: Path): boolean =>
  ['/metrics', '/v1/problems', '/v1/backup'].includes(path) || path.startsWith('/v1/webhooks');

const rank = (need: Need): number => (need === 'always' ? -1 : levels.indexOf(need));

const lower = (a: Level, b: Level): Level => (rank(a) < rank(b) ? a : b);

/**
 * Decides which requests an application answers: by the level that they need and that their key has, by its collections, and by
 * the origin that they come from.
 */
export class Access {
  readonly #allow: Level;
  readonly #readOnly: boolean;
  readonly #origins: Origins;
  readonly #callers: Callers;
  readonly #audit: AuditLog | undefined;

  /** @throws TypeError for an unknown level. */
  constructor({ allow = 'search', readOnly, origins, callers, audit }: AccessOptions) {
    checkLevel(allow);
    this.#allow = allow;
    this.#readOnly = readOnly;
    this.#origins = origins;
    this.#callers = callers;
    this.#audit = audit;
  }

  /** True if a request that needs `need` is answered. */
  allows(need: Need, request: IncomingMessage): boolean {
    return rank(need) <= rank(this.#levelOf(request));
  }

  /** True if a request may see all collections. */
  seesAll(request: IncomingMessage): boolean {
    return (this.#callers.of(request)?.collections ?? null) === null;
  }

  /** True if a request may see a collection, or learn that it is there. */
  sees(collection: string, request: IncomingMessage): boolean {
    const collections = this.#callers.of(request)?.collections ?? null;
    return collections === null || collections.includes(collection);
  }

  /**
   * Checks the level of a request.
   * @throws SnapshelfError `request-invalid` for several keys where keys are asked for; `unauthorized` without a valid key where keys are asked for; `forbidden` if `need` is not allowed.
   */
  require(need: Need, request: IncomingMessage): void {
    if (this.allows(need, request)) return;
    const caller = this.#callers.of(request);
    if (this.#callers.areAsked && this.#callers.bringsSeveral(request))
      throw new SnapshelfError(
        'request-invalid',
        'This request brings several keys, in "X-Api-Key" and "Authorization: Bearer". Send one.',
      );
    // One answer for no key, an unknown one, one that is over and one that was revoked.
    if (this.#callers.areAsked && caller === undefined)
      throw new SnapshelfError(
        'unauthorized',
        'This request needs a valid key, in the header "X-Api-Key" or as "Authorization: Bearer".',
      );
    const isKeyTooLow = caller !== undefined && rank(caller.level) < rank(need);
    const allowed = isKeyTooLow ? caller.level : this.#allow;
    throw new SnapshelfError(
      'forbidden',
      isKeyTooLow
        ? `This request needs a key of the level '${need}', but this one has '${allowed}'.`
        : `This request needs allow: '${need}', but the application was created with allow: '${allowed}'.`,
      { details: { needed: need, allowed } },
    );
  }

  /**
   * Checks that a request may use a collection, whether it is there or not.
   * @throws SnapshelfError `forbidden` for a key of other collections.
   */
  requireCollection(collection: string, request: IncomingMessage): void {
    if (this.sees(collection, request)) return;
    throw new SnapshelfError(
      'forbidden',
      `This key is not for the collection ${JSON.stringify(collection)}.`,
    );
  }

  /** Returns the middleware that checks a request before its body is received or anything is looked up. */
  guard(path: Path, method: Method, need: Need): RequestHandler {
    const changes = method !== 'get' && rank(need) >= rank('write');
    return (request, response, next) => {
      if (changes && this.#audit !== undefined) auditWrite(this.#audit, this.#callers, request, response);
      this.require(need, request);
      const { collection } = request.params;
      if (collection !== undefined) this.requireCollection(String(collection), request);
      if (ofAllCollections(path)) this.#requireAll(request);
      if (changes) this.#requireChange(request);
      next();
    };
  }

  /** @throws SnapshelfError `forbidden` for a key of some collections. */
  #requireAll(request: IncomingMessage): void {
    if (this.seesAll(request)) return;
    throw new SnapshelfError(
      'forbidden',
      'This request is about all collections, but this key is for some of them. Use one that is for all.',
    );
  }

  /** Without a valid key, where keys are asked for, only what needs no level is open. */
  #levelOf(request: IncomingMessage): Need {
    if (!this.#callers.areAsked) return this.#allow;
    const caller = this.#callers.of(request);
    return caller === undefined ? 'always' : lower(caller.level, this.#allow);
  }

  /** @throws SnapshelfError `origin-not-allowed`, `read-only`. */
  #requireChange(request: Request): void {
    this.#origins.requireOwn(request);
    if (this.#readOnly) throw new SnapshelfError('read-only', 'The data folder was opened read-only.');
  }
}

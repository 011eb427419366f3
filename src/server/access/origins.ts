import cors from 'cors';
import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { checkOrigin, originOf } from './check-origin.ts';

/** Headers of an answer that a page may read. */
const exposedHeaders = [
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'WWW-Authenticate',
  'Location',
  'ETag',
  'Idempotency-Replayed',
  'X-Damaged-Items',
  'Allow',
];
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'];
const preflightSeconds = 600;

/** The origins, besides the application's own, whose pages may read answers, change things and show pictures. */
export class Origins {
  readonly #listed: ReadonlySet<string>;

  /** @throws TypeError if an entry is not an exact origin. */
  constructor(origins: readonly string[] = []) {
    this.#listed = new Set(origins.map(checkOrigin));
  }

  /**
   * Checks the origin of a request. A request that does not come from a page has neither `Origin` nor `Sec-Fetch-Site`:
   * browsers write them, and scripts cannot.
   * @throws SnapshelfError `origin-not-allowed` if a page of a foreign origin has sent it.
   */
  requireOwn(request: Request): void {
    const origin = request.headers.origin;
    if (origin !== undefined && this.#listed.has(origin)) return;
    const site = request.headers['sec-fetch-site'] ?? 'none';
    const isOwnSite = site === 'same-origin' || site === 'none';
    if (isOwnSite && (origin === undefined || isOriginOf(origin, request.host))) return;
    throw new SnapshelfError(
      'origin-not-allowed',
      `A page of ${origin === undefined ? 'another origin' : JSON.stringify(origin)} may not change anything here. The operator can list its origin in corsOrigins.`,
    );
  }

  /** Returns the middleware that lets pages of listed origins send requests and read answers, errors too, without credentials. */
  share(): RequestHandler {
    const share = cors({ origin: [...this.#listed], methods, exposedHeaders, maxAge: preflightSeconds });
    return (request, response, next) => {
      if (this.#listed.size > 0) response.vary('Origin');
      if (this.#has(request.headers.origin)) share(request, response, next);
      else next();
    };
  }

  /** Returns the middleware that lets pages of listed origins show a picture. An `<img>` has no Origin, but a Referer. */
  embed(): RequestHandler {
    return ({ headers }, response, next) => {
      if (this.#listed.size > 0) response.vary('Referer');
      if (this.#has(headers.origin ?? originOf(headers.referer ?? '')))
        response.set('Cross-Origin-Resource-Policy', 'cross-origin');
      next();
    };
  }

  #has(origin: string | undefined): boolean {
    return origin !== undefined && this.#listed.has(origin);
  }
}

/** True if `origin` is that of `host`. Behind a proxy that ends TLS the scheme is unknown. */
const isOriginOf = (origin: string, host: string): boolean =>
  origin === originOf(`http://${host}`) || origin === originOf(`https://${host}`);

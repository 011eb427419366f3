import cors from 'cors';
import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** The origin of an http(s) address; undefined for anything else. */
function originOf(address: string): string | undefined {
  return /^https?:/i.test(address) && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** Returns the origin of a page as browsers write it. Throws a TypeError for anything else, `*` and `null` included. */
export function checkOrigin(text: string): string {
  const origin = originOf(text);
  // A wildcard in a host's name is a valid address, but of no page.
  if (origin !== undefined && origin === text && !origin.includes('*')) return origin;
  const advice = origin === undefined || origin === text ? '' : `; you may mean ${origin}`;
  throw new TypeError(
    `expected an exact origin such as https://shop.example, without path or slash at the end ("*" and "null", which would be every page, are not possible), not ${JSON.stringify(text)}${advice}`,
  );
}

/** What a page may read of an answer besides its body. */
const exposedHeaders = ['X-Request-Id', 'Retry-After', 'Location', 'ETag', 'Allow'];
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
const preflightSeconds = 600;

/** The pages, by origin, that may read answers, change things and show pictures; besides those of the own origin. */
export class Origins {
  readonly #listed: ReadonlySet<string>;

  /** Throws a TypeError for what is no exact origin. */
  constructor(origins: readonly string[] = []) {
    this.#listed = new Set(origins.map(checkOrigin));
  }

  /**
   * Throws `origin-not-allowed` when a page of a foreign origin has sent the request. A request that is no page's has
   * neither header, for browsers write them and scripts cannot.
   */
  requireOwn(request: Request): void {
    const origin = request.headers.origin;
    if (origin !== undefined && this.#listed.has(origin)) return;
    const site = request.headers['sec-fetch-site'] ?? 'none';
    const isOwnSite = site === 'same-origin' || site === 'none';
    if (isOwnSite && (origin === undefined || isOriginOf(origin, request.host))) return;
    throw new SnapshelfError(
      'origin-not-allowed',
      `a page of ${JSON.stringify(origin ?? 'another origin')} may change nothing here; who runs this can list its origin: --cors-origin (corsOrigins)`,
    );
  }

  /** Middleware that lets pages of listed origins send requests and read answers, errors too, without credentials. */
  share(): RequestHandler {
    const share = cors({ origin: [...this.#listed], methods, exposedHeaders, maxAge: preflightSeconds });
    return (request, response, next) => {
      if (this.#listed.size > 0) response.vary('Origin');
      if (this.#has(request.headers.origin)) share(request, response, next);
      else next();
    };
  }

  /** Middleware that lets pages of listed origins show a picture. An `<img>` has no Origin, but a Referer. */
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

/** Whether an origin is that of a host. Behind a proxy that ends TLS, the host does not tell the scheme. */
const isOriginOf = (origin: string, host: string): boolean =>
  origin === originOf(`http://${host}`) || origin === originOf(`https://${host}`);

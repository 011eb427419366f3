import { createHash } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { type PageFile, pageFile } from './page-files.ts';

/** The policy of the page. It may run its own scripts and styles, show pictures of this server and of the shopper, ask this server. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** True if a request is that of somebody who wants to see a page, and not of a program. */
const wantsPage = (request: Request): boolean => request.accepts(['json', 'html']) === 'html';

/** Sends a file, compressed where that is understood. */
function sendFile(request: Request, response: Response, { bytes, compressed, type }: PageFile): void {
  response.type(type).vary('Accept-Encoding');
  if (request.acceptsEncodings('br') === false) response.send(bytes);
  else response.set('Content-Encoding', 'br').send(compressed);
}

/**
 * Sends the page. Its files are named relative to it, so that an address without the slash at the end is sent to the one with it.
 * Returns false if the page was not built.
 */
async function sendPage(request: Request, response: Response): Promise<boolean> {
  const file = await pageFile('index.html');
  if (file === undefined) return false;
  const [path = '', query] = request.originalUrl.split(/\?(.*)/s);
  if (!path.endsWith('/')) {
    response.redirect(308, `${path}/${query === undefined ? '' : `?${query}`}`);
    return true;
  }
  const etag = createHash('sha256').update(file.bytes).digest('base64url').slice(0, 22);
  response.set({
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-cache',
    ETag: `"${etag}"`,
  });
  if (request.fresh) response.status(304).end();
  else sendFile(request, response, file);
  return true;
}

/** Sends a script, style or drawing of the page, whose name changes with its content. @throws SnapshelfError `route-not-found`. */
async function sendAsset(request: Request, response: Response): Promise<void> {
  const file = await pageFile(`assets/${String(request.params['file'])}`);
  if (file === undefined) throw new SnapshelfError('route-not-found', `There is no route ${request.path}.`);
  response.set('Cache-Control', 'public, max-age=31536000, immutable');
  sendFile(request, response, file);
}

/** Adds the web page: `/` for those who want to see one, and its files. It needs no key and shows nothing by itself. */
export function addPage(app: Express): void {
  app.get('/', async (request, response, next) => {
    response.vary('Accept');
    if (!wantsPage(request) || !(await sendPage(request, response))) next();
  });
  app.get('/assets/:file', sendAsset);
}

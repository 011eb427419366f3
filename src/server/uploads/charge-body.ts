import type { Request, RequestHandler } from 'express';
import { readHeader } from '../../image/index.ts';
import type { RateLimiter } from '../access/rate-limits.ts';
import { filesOf } from './pictures.ts';

const mebibyte = 2 ** 20;
/** Pixels that cost a unit. */
const pixelsPerUnit = 4_000_000;
/** Most pictures of a request whose sizes are looked at. */
const maxLooked = 64;

const announced = ({ headers }: Request): number => Number(headers['content-length'] ?? 0) || 0;

/** Charges for the pixels of pictures, which may be few bytes. Nobody waits for it. */
async function chargePixels(limiter: RateLimiter, request: Request): Promise<void> {
  for (const { buffer } of filesOf(request).slice(0, maxLooked)) {
    const header = await readHeader(buffer).catch(() => undefined);
    const pixels = (header?.width ?? 0) * (header?.height ?? 0);
    limiter.charge(request, Math.ceil(pixels / pixelsPerUnit) - 1);
  }
}

/** Returns the middleware that charges a client for the body that it has sent: by pictures, bytes and pixels. */
export const chargeBody =
  (limiter: RateLimiter): RequestHandler =>
  (request, _response, next) => {
    const files = filesOf(request);
    const bytes = Math.max(
      announced(request),
      files.reduce((sum, { size }) => sum + size, 0),
    );
    limiter.charge(request, Math.max(files.length - 1, 0) + Math.floor(bytes / mebibyte));
    if (limiter.measures(request)) void chargePixels(limiter, request);
    next();
  };

import type { Request, RequestHandler } from 'express';
import type { RateLimiter } from '../access/rate-limits.ts';
import { filesOf } from './pictures.ts';

const mebibyte = 2 ** 20;

/** Returns the units that bytes cost: one for each MiB. */
export const unitsOf = (bytes: number): number => Math.floor(bytes / mebibyte);

const announced = ({ headers }: Request): number => Number(headers['content-length'] ?? 0) || 0;

/** Returns the middleware that charges a client for the bytes that it has sent. */
export const chargeBody =
  (limiter: RateLimiter): RequestHandler =>
  (request, _response, next) => {
    const bytes = Math.max(
      announced(request),
      filesOf(request).reduce((sum, { size }) => sum + size, 0),
    );
    limiter.charge(request, unitsOf(bytes));
    next();
  };

import compression from 'compression';
import type { RequestHandler } from 'express';

/** Bytes from which an answer is worth it. */
const threshold = 1024;

/** Text compresses well; pictures and archives of pictures do not. */
const isText = (type: string): boolean =>
  /^(?:text\/|application\/(?:json|problem\+json|x-ndjson|javascript)|image\/svg\+xml)/.test(type);

/** Returns the middleware that compresses text (gzip, Brotli or deflate, as the client takes it) on the thread pool. */
export const compressText = (): RequestHandler =>
  compression({
    threshold,
    filter: (_request, response) => isText(String(response.getHeader('Content-Type'))),
  });

import type { Request, Response } from 'express';
import { isFinished, scopeOf } from './request-scope.ts';
import { partWriter } from './send-parts.ts';

/** The media type of a list with one entry a line. */
export const linesType = 'application/x-ndjson';

/** True if a client asks for lines, and does not prefer JSON. */
export const wantsLines = (request: Request): boolean => request.accepts(['json', linesType]) === linesType;

/**
 * Sends a list as one JSON text a line, page by page as the client takes them. If it fails, the connection ends before the
 * answer does: a list that ends well is whole.
 */
export async function sendLines(
  response: Response,
  pages: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
): Promise<void> {
  response.type(linesType).set('Cache-Control', 'private, no-cache');
  if (response.req.method === 'HEAD') return void response.end();
  scopeOf(response).stopClock();
  const write = partWriter(response);
  for await (const page of pages) {
    if (isFinished(response)) return;
    const text = page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    if (text !== '') await write(Buffer.from(text));
  }
  response.end();
}

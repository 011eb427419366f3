import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { type Expected, type Item, revisionOf } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';

/** Revisions that a request may name. */
const maxRevisions = 20;

/** Returns the tag of an item: its revision. */
export const etagOf = (item: Item): string => `"${revisionOf(item)}"`;

/** Returns the tag of a text. */
const tagOf = (text: string): string =>
  `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;

/**
 * Returns the middleware that gives the JSON of a GET a tag, where its route has given it none, so that a client which has the
 * same already is told so (304).
 */
export const tagAnswers: RequestHandler = (request, response, next) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return next();
  const json: Response['json'] = (body) => {
    const text = JSON.stringify(body);
    if (response.statusCode === 200 && response.get('ETag') === undefined) response.set('ETag', tagOf(text));
    // Whoever asks again asks whether it has changed.
    if (response.get('Cache-Control') === undefined) response.set('Cache-Control', 'private, no-cache');
    return response.type('json').send(text);
  };
  response.json = json;
  next();
};

/** Reads the tags of a header. A cache between may have made them weak: a revision stays what it is. */
function tagsIn(name: string, header: string): string[] {
  const tags = [...header.matchAll(/(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g)].map(([, tag = '']) => tag);
  const rest = header.replace(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g, '').replace(/[\s,]/g, '');
  if (tags.length > 0 && tags.length <= maxRevisions && rest === '') return tags;
  throw new SnapshelfError(
    'request-invalid',
    `The header ${name} takes * or up to ${maxRevisions} tags in quotes, as ETag has them, not ${JSON.stringify(header.slice(0, 200))}.`,
  );
}

/**
 * Returns what a request that changes an item expects of it: its revision by `If-Match`, that it is there (`If-Match: *`), or
 * that it is not (`If-None-Match: *`). Undefined if it expects nothing.
 * @throws SnapshelfError `request-invalid` for headers that are malformed.
 */
export function expectedOf(request: Request): Expected | undefined {
  const match = request.get('if-match')?.trim();
  const noneMatch = request.get('if-none-match')?.trim();
  if (match !== undefined && noneMatch !== undefined)
    throw new SnapshelfError('request-invalid', 'Send If-Match or If-None-Match, not both.');
  if (match !== undefined) return match === '*' ? 'any' : tagsIn('If-Match', match);
  if (noneMatch === undefined) return undefined;
  if (noneMatch === '*') return 'none';
  throw new SnapshelfError(
    'request-invalid',
    'To change an item, If-None-Match takes only *: that there is none.',
  );
}

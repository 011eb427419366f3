import { createHash } from 'node:crypto';
import { SnapshelfError } from '../errors.ts';

/** Where a page of a search ended. */
export interface SearchPosition {
  /** Labels that the first page showed, where that page came from HNSW; later pages leave them out. */
  readonly shown: readonly number[];
  /** The last place taken in the exact order; undefined after an HNSW page. */
  readonly last?: { readonly distance: number; readonly id: string } | undefined;
  /** How many candidates of the exact order led there: a hint of how many to fetch. */
  readonly walked: number;
}

const version = 1;

/** A short hash of what a cursor is bound to. */
export function bindingOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url').slice(0, 16);
}

export const encodeSearchCursor = (binding: string, { shown, last, walked }: SearchPosition): string =>
  encode([version, binding, shown, last === undefined ? null : [last.distance, last.id], walked]);

/** Throws `cursor-invalid` when the text is no cursor or is bound to another search. */
export function decodeSearchCursor(text: string, binding: string): SearchPosition {
  const [shown, last, walked] = decode(text, binding);
  if (!Array.isArray(shown) || shown.length > 1000 || !shown.every(isCount) || !isCount(walked))
    throw invalid();
  if (last === null) return { shown, walked };
  if (!Array.isArray(last)) throw invalid();
  const [distance, id] = last as unknown[];
  if (typeof distance !== 'number' || typeof id !== 'string') throw invalid();
  return { shown, walked, last: { distance, id } };
}

/** A cursor that says: after this text. */
export const encodeTextCursor = (binding: string, last: string): string => encode([version, binding, last]);

/** Throws `cursor-invalid` when the text is no cursor or is bound to another request. */
export function decodeTextCursor(text: string, binding: string): string {
  const [last] = decode(text, binding);
  if (typeof last !== 'string') throw invalid();
  return last;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const encode = (parts: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

function decode(text: string, binding: string): unknown[] {
  const parts = parse(text);
  if (!Array.isArray(parts) || parts[0] !== version) throw invalid();
  if (parts[1] !== binding)
    throw new SnapshelfError(
      'cursor-invalid',
      'The paging cursor belongs to another request: send it with the same query, filter and grouping.',
    );
  return parts.slice(2);
}

function parse(text: string): unknown {
  if (typeof text !== 'string' || text.length > 65_536) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const invalid = (): SnapshelfError =>
  new SnapshelfError(
    'cursor-invalid',
    'The paging cursor is malformed: use "next" of the previous page as it came.',
  );

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SnapshelfError } from '../../errors.ts';
import { isItemId } from '../checks/validate.ts';

/** Where a page of a search ended. */
export interface SearchPosition {
  /** Sequence numbers that the first page showed, where that page came from HNSW; later pages leave them out. */
  readonly shown: readonly number[];
  /** The last place taken in the exact order; undefined after an HNSW page. */
  readonly last?: { readonly distance: number; readonly id: string } | undefined;
  /** How many candidates of the exact order led there: a hint of how many to fetch. */
  readonly walked: number;
}

/** What makes a cursor this collection's and this request's. */
export interface CursorSeal {
  /** The collection's: signs the cursor, so that nobody else can make one. */
  readonly key: Uint8Array;
  /** Of `bindingOf`. */
  readonly binding: string;
}

const version = 2;
const signatureBytes = 16;
/** A thousand sequence numbers of sixteen digits, and an id of 512 characters that are escapes. */
const maxCursorCharacters = 32_768;

/** A short hash of what a cursor is bound to. */
export function bindingOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url').slice(0, 16);
}

export const encodeSearchCursor = (seal: CursorSeal, { shown, last, walked }: SearchPosition): string =>
  encode(seal, [shown, last === undefined ? null : [last.distance, last.id], walked]);

/** Throws `cursor-invalid` unless the text is a cursor that was made under this seal. */
export function decodeSearchCursor(text: string, seal: CursorSeal): SearchPosition {
  const [shown, last, walked] = decode(text, seal, 3);
  if (!Array.isArray(shown) || shown.length > 1000 || !shown.every(isCount) || !isCount(walked))
    throw invalid();
  if (last === null) return { shown, walked };
  if (!Array.isArray(last) || last.length !== 2) throw invalid();
  const [distance, id] = last as unknown[];
  if (typeof distance !== 'number' || !(distance >= 0) || !isItemId(id)) throw invalid();
  return { shown, walked, last: { distance, id } };
}

/** A cursor that says: after the item of this id. */
export const encodeIdCursor = (seal: CursorSeal, last: string): string => encode(seal, [last]);

/** Throws `cursor-invalid` unless the text is a cursor that was made under this seal. */
export function decodeIdCursor(text: string, seal: CursorSeal): string {
  const [last] = decode(text, seal, 1);
  if (!isItemId(last)) throw invalid();
  return last;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** HMAC-SHA-256, its first 128 bits. */
const sign = (key: Uint8Array, payload: Uint8Array): Buffer =>
  createHmac('sha256', key).update(payload).digest().subarray(0, signatureBytes);

function encode({ key, binding }: CursorSeal, position: readonly unknown[]): string {
  const payload = Buffer.from(JSON.stringify([version, binding, ...position]));
  return Buffer.concat([sign(key, payload), payload]).toString('base64url');
}

function decode(text: string, { key, binding }: CursorSeal, length: number): unknown[] {
  const parts = open(text, key);
  if (!Array.isArray(parts) || parts.length !== 2 + length || parts[0] !== version) throw invalid();
  if (parts[1] !== binding)
    throw new SnapshelfError(
      'cursor-invalid',
      'The paging cursor belongs to another request: send it with the same query, filter and grouping.',
    );
  return parts.slice(2);
}

/** What was signed; undefined when this is no text that `encode` made with the key. */
function open(text: string, key: Uint8Array): unknown {
  if (typeof text !== 'string' || text.length > maxCursorCharacters) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // Decoding passes over what is no base64.
  if (bytes.length <= signatureBytes || bytes.toString('base64url') !== text) return undefined;
  const payload = bytes.subarray(signatureBytes);
  if (!timingSafeEqual(sign(key, payload), bytes.subarray(0, signatureBytes))) return undefined;
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}

const invalid = (): SnapshelfError =>
  new SnapshelfError(
    'cursor-invalid',
    'The paging cursor is malformed, or another collection made it: use "next" of the previous page as it came.',
  );

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import { isItemId } from '../checks/validate.ts';

const version = 2;
const count = z.int().min(0);
const itemId = z.custom<string>(isItemId);
const sealed = [z.literal(version), z.string()] as const;

/** The payload of a list's cursor: version, binding, id of the last item. */
const listPayload = z.tuple([...sealed, itemId]);

const sortKeys = z.array(z.union([z.null(), z.boolean(), z.number(), z.string().max(128)])).max(4);

/** Answers of pages from an index that a cursor can name. */
export const mostShown = 1000;

/** The payload of a search's cursor: version, binding, then the position. */
const searchPayload = z.tuple([
  ...sealed,
  z.array(count).max(mostShown),
  z.union([z.tuple([z.number().min(0), itemId]), z.tuple([z.number().min(0), itemId, sortKeys])]).nullable(),
  // How many places came before, by which earlier releases went.
  count,
]);

/** The end of a page of a search. */
export interface SearchPosition {
  /** Sequence numbers that earlier pages showed, as far as those came from HNSW; later pages leave them out. */
  readonly shown: readonly number[];
  /** The last place taken in the exact order; undefined after an HNSW page. */
  readonly last?:
    | { readonly distance: number; readonly id: string; readonly keys?: Readonly<z.infer<typeof sortKeys>> }
    | undefined;
}

/** The key and the binding that make a cursor this collection's and this request's. */
export interface CursorSeal {
  /** The collection's: signs the cursor, so that nobody else can make one. */
  readonly key: Uint8Array;
  /** Of `bindingOf`. */
  readonly binding: string;
}

const signatureBytes = 16;
/** A thousand sequence numbers of sixteen digits, and an id of 512 characters that are escapes. */
const maxCursorCharacters = 32_768;

/** A short hash of what a cursor is bound to. */
export function bindingOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url').slice(0, 16);
}

const placeOf = ({ distance, id, keys = [] }: NonNullable<SearchPosition['last']>): readonly unknown[] =>
  keys.length === 0 ? [distance, id] : [distance, id, keys];

/** Makes a cursor that continues a search. */
export const encodeSearchCursor = (seal: CursorSeal, { shown, last }: SearchPosition): string =>
  encode(seal, [shown, last === undefined ? null : placeOf(last), 0]);

/** Reads a cursor of a search. @throws SnapshelfError `cursor-invalid` unless it was made under this seal. */
export function decodeSearchCursor(text: string, seal: CursorSeal): SearchPosition {
  const [, , shown, last] = decode(text, seal, searchPayload);
  if (last === null) return { shown };
  return { shown, last: { distance: last[0], id: last[1], ...(last[2] && { keys: last[2] }) } };
}

/** Makes a cursor that continues a list after the item of this id. */
export const encodeIdCursor = (seal: CursorSeal, last: string): string => encode(seal, [last]);

/** Reads a cursor of a list. @throws SnapshelfError `cursor-invalid` unless it was made under this seal. */
export const decodeIdCursor = (text: string, seal: CursorSeal): string => decode(text, seal, listPayload)[2];

/** HMAC-SHA-256, its first 128 bits. */
const sign = (key: Uint8Array, payload: Uint8Array): Buffer =>
  createHmac('sha256', key).update(payload).digest().subarray(0, signatureBytes);

function encode({ key, binding }: CursorSeal, position: readonly unknown[]): string {
  const payload = Buffer.from(JSON.stringify([version, binding, ...position]));
  return Buffer.concat([sign(key, payload), payload]).toString('base64url');
}

function decode<T extends readonly [number, string, ...unknown[]]>(
  text: string,
  { key, binding }: CursorSeal,
  schema: z.ZodType<T>,
): T {
  const parsed = schema.safeParse(open(text, key));
  if (!parsed.success) throw invalid();
  if (parsed.data[1] === binding) return parsed.data;
  throw new SnapshelfError(
    'cursor-invalid',
    'The paging cursor belongs to another request: send it with the same query, filter and grouping.',
  );
}

/** Returns the signed payload; undefined for a text that `encode` did not make with the key. */
function open(text: string, key: Uint8Array): unknown {
  if (typeof text !== 'string' || text.length > maxCursorCharacters) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // Decoding passes over what is no base64.
  if (bytes.length <= signatureBytes || bytes.toString('base64url') !== text) return undefined;
  const payload = bytes.subarray(signatureBytes);
  if (!timingSafeEqual(sign(key, payload), bytes.subarray(0, signatureBytes))) return undefined;
  return jsonOrUndefined(payload.toString());
}

const invalid = (): SnapshelfError =>
  new SnapshelfError(
    'cursor-invalid',
    'The paging cursor is malformed, or another collection made it: use "next" of the previous page as it came.',
  );

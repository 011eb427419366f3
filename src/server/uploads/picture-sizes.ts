import type { Request } from 'express';
import { readHeader } from '../../image/index.ts';
import { filesOf } from './pictures.ts';

/** Pixels that cost a unit of the rate limits. */
const pixelsPerUnit = 4_000_000;
/** Depth at which the fields of a request have pictures: in lists of objects. */
const maxDepth = 4;

/** Pictures, by their headers. */
export interface PictureSizes {
  /** Pixels of the largest. */
  readonly largest: number;
  /** Units that they cost besides that of their request. */
  readonly units: number;
}

/** Lists the pictures that stand in the fields of a request as base64: its only byte arrays. */
function picturesIn(value: unknown, depth = maxDepth): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (depth === 0 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  // Vectors and lists of ids are long.
  if (Array.isArray(value) && typeof value[0] !== 'object') return [];
  return Object.values(value).flatMap((part) => picturesIn(part, depth - 1));
}

/** Pixels of a picture; 0 for one that will be refused. */
async function pixelsOf(picture: Uint8Array): Promise<number> {
  const header = await readHeader(picture).catch(() => undefined);
  return header === undefined ? 0 : header.width * header.height;
}

/** Counts the searches, or the addresses of pictures, that a request has. */
function partsOf(fields: object): number {
  const { searches = [], items = [] } = fields as Readonly<Record<string, readonly object[] | undefined>>;
  return Math.max(searches.length, items.filter((item) => Object.hasOwn(item, 'url')).length);
}

/** True if a request has addresses of pictures in the place of pictures. */
export function hasAddresses(fields: object): boolean {
  const { url, items = [] } = fields as { readonly url?: string; readonly items?: readonly object[] };
  return url !== undefined || items.some((item) => Object.hasOwn(item, 'url'));
}

/** Reads the headers of pictures: what is small to send may be much to decode. Each further 4 megapixels of one cost a unit. */
export async function sizesOf(pictures: readonly Uint8Array[]): Promise<PictureSizes> {
  const pixels = await Promise.all(pictures.map(pixelsOf));
  const units = pixels.reduce((sum, count) => sum + Math.max(Math.ceil(count / pixelsPerUnit) - 1, 0), 0);
  return { largest: Math.max(0, ...pixels), units };
}

/** Reads the headers of all pictures of a request. Each picture but the first costs a unit too, even if it is still to be fetched. */
export async function pictureSizes(request: Request, fields: object): Promise<PictureSizes> {
  const pictures = [...filesOf(request).map(({ buffer }) => buffer), ...picturesIn(fields)];
  const { largest, units } = await sizesOf(pictures);
  const work = Math.max(pictures.length, partsOf(fields));
  return { largest, units: Math.max(work - 1, 0) + units };
}

import { PictureError } from './client-errors.ts';
import type { Picture } from './types.ts';

/** Fields of a form that the server reads as text; it reads every other one as JSON. */
export const textFields: ReadonlySet<string> = new Set([
  'productId',
  'label',
  'split',
  'group',
  'after',
  'itemId',
  'collection',
  'model',
  'image',
  'hash',
  'match',
]);

type Fields = Readonly<Record<string, unknown>>;
type Fetch = typeof globalThis.fetch;

async function fetchPicture(url: URL, fetch: Fetch, signal: AbortSignal | undefined): Promise<Blob> {
  // A data: URL is a picture itself.
  const shown = url.href.slice(0, 200);
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (response.ok) return await response.blob();
    throw new PictureError(`The picture ${shown} cannot be fetched: its server answers ${response.status}.`);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof PictureError) throw cause;
    throw new PictureError(`The picture ${shown} cannot be fetched.`, { cause });
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = base64
    .replace(/^data:[^,]*,/, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/');
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    throw new PictureError('A picture that is a text must be base64. Give a URL object to have it fetched.', {
      cause,
    });
  }
}

/** Returns the bytes of a picture. A file is read now: `fetch` does not survive one that has changed since it was chosen. @throws PictureError */
async function read(picture: Picture, fetch: Fetch, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof picture === 'string') return bytesOf(picture);
  if (picture instanceof URL) return read(await fetchPicture(picture, fetch, signal), fetch, signal);
  if (ArrayBuffer.isView(picture)) return picture as Uint8Array<ArrayBuffer>;
  if (!(picture instanceof Blob)) return new Uint8Array(picture);
  try {
    return new Uint8Array(await picture.arrayBuffer());
  } catch (cause) {
    throw new PictureError(
      'A picture cannot be read: its file is gone, or has changed since it was chosen.',
      {
        cause,
      },
    );
  }
}

/** Returns the bytes of a picture in memory. @throws PictureError */
export async function blobOf(picture: Picture, fetch: Fetch, signal?: AbortSignal): Promise<Blob> {
  return new Blob([await read(picture, fetch, signal)]);
}

/** Returns a picture in base64. @throws PictureError */
export async function base64Of(picture: Picture, fetch: Fetch, signal?: AbortSignal): Promise<string> {
  if (typeof picture === 'string') return picture;
  const bytes = await read(picture, fetch, signal);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Writes JSON; typed arrays are lists of numbers. */
export const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    ArrayBuffer.isView(part) ? Array.from(part as Float32Array) : part,
  );

/** Makes a form of fields and the pictures of the field `name`. */
export function formOf(fields: Fields, name: 'image' | 'images', pictures: readonly Blob[]): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields))
    if (value !== undefined) form.set(field, textFields.has(field) ? String(value) : jsonOf(value));
  for (const [at, picture] of pictures.entries()) form.append(name, picture, String(at));
  return form;
}

/** Makes the body of a request with pictures: JSON if all of them are base64, else a form. @throws PictureError */
export async function bodyOf(given: Fields, fetch: Fetch, signal?: AbortSignal): Promise<string | FormData> {
  const { image, images, ...fields } = given;
  if (image !== undefined && images !== undefined)
    throw new TypeError('Give either an image or images, not both.');
  const name = images === undefined ? 'image' : 'images';
  const pictures = (images ?? (image === undefined ? [] : [image])) as readonly Picture[];
  if (pictures.every((picture) => typeof picture === 'string')) return jsonOf(given);
  return formOf(fields, name, await Promise.all(pictures.map((one) => blobOf(one, fetch, signal))));
}

import type { Crop } from './crop.ts';
import { isWhole } from './crop.ts';
import { longestSide, reducedSize } from './size.ts';

/** A photo of the shopper, upright and reduced. */
export interface Photo {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** An address for `<img>`. */
  readonly url: string;
  readonly canvas: HTMLCanvasElement;
}

function canvasOf(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) throw new TypeError('There is no canvas.');
  context.imageSmoothingQuality = 'high';
  // What is transparent is white, as in a shop.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  return [canvas, context];
}

const blobOf = (canvas: HTMLCanvasElement, quality: number): Promise<Blob> =>
  new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new TypeError('The photo cannot be written.')) : resolve(blob)),
      'image/jpeg',
      quality,
    );
  });

/**
 * Reads a photo as it is seen (EXIF orientation applied) and reduces it.
 * @throws DOMException if the browser cannot read it.
 */
export async function readPhoto(file: Blob, name: string): Promise<Photo> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const [width, height] = reducedSize(bitmap.width, bitmap.height, longestSide);
  const [canvas, context] = canvasOf(width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const url = URL.createObjectURL(await blobOf(canvas, 0.9));
  return { name, width, height, url, canvas };
}

/** Returns a part of a photo as a JPEG, with its longest side reduced to `most` pixels. */
export function partOf({ canvas }: Photo, crop: Crop, most = 640, quality = 0.9): Promise<Blob> {
  const { left, top, width, height } = isWhole(crop) ? { left: 0, top: 0, width: 1, height: 1 } : crop;
  const from = [
    left * canvas.width,
    top * canvas.height,
    width * canvas.width,
    height * canvas.height,
  ] as const;
  const [w, h] = reducedSize(from[2], from[3], most);
  const [part, context] = canvasOf(w, h);
  context.drawImage(canvas, ...from, 0, 0, w, h);
  return blobOf(part, quality);
}

/** Returns a photo as text for a link, reduced to 240 pixels: some 10 kB. */
export async function photoText(photo: Photo): Promise<string> {
  const blob = await partOf(photo, { left: 0, top: 0, width: 1, height: 1 }, 240, 0.7);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

/** Reads the photo of a link. @throws DOMException if it is none. */
export function photoOfText(text: string, name: string): Promise<Photo> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return readPhoto(new Blob([bytes], { type: 'image/jpeg' }), name);
}

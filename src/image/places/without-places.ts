import { type ImageFormat, sniffFormat } from '../formats.ts';
import { avifWithoutPlaces } from './avif-places.ts';
import { gifWithoutPlaces } from './gif-places.ts';
import { jpegWithoutPlaces } from './jpeg-places.ts';
import { pngWithoutPlaces } from './png-places.ts';
import { videoWithoutPlaces } from './video-places.ts';
import { webpWithoutPlaces } from './webp-places.ts';

const cleaners: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Uint8Array>> = {
  jpeg: jpegWithoutPlaces,
  png: pngWithoutPlaces,
  webp: webpWithoutPlaces,
  avif: avifWithoutPlaces,
  gif: gifWithoutPlaces,
};

/**
 * Returns a picture without what its EXIF and XMP, and a film in it, say of the place where it was taken (GPS), or the bytes
 * themselves if they say nothing of it. Pixels are not encoded again; orientation, colour profile and everything else stay.
 * @throws SnapshelfError `image-unsupported`.
 */
export const withoutPlaces = (picture: Uint8Array): Uint8Array =>
  videoWithoutPlaces(cleaners[sniffFormat(picture)](picture));

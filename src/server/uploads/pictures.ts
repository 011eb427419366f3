import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** Returns the files of a form. */
export const filesOf = (request: Request): readonly Express.Multer.File[] =>
  Array.isArray(request.files) ? request.files : [];

/** Returns the picture of a request, the uploaded file or the one of its JSON, or undefined if there is neither. */
export const pictureOf = (request: Request, inJson: Uint8Array | undefined): Uint8Array | undefined =>
  filesOf(request)[0]?.buffer ?? inJson;

/** Returns the picture of a request. @throws SnapshelfError `image-missing` if there is none. */
export function requirePicture(request: Request, inJson: Uint8Array | undefined): Uint8Array {
  const picture = pictureOf(request, inJson);
  if (picture !== undefined) return picture;
  throw new SnapshelfError(
    'image-missing',
    'Send a picture as the file "image" of a form (curl: -F image=@photo.jpg), or as base64 in the JSON field "image".',
  );
}

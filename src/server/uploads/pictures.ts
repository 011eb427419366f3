import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** Returns the files of a form. */
export const filesOf = (request: Request): readonly Express.Multer.File[] =>
  Array.isArray(request.files) ? request.files : [];

/**
 * Returns the picture of a request, the uploaded file or the one of its JSON, or undefined if there is
 * neither.
 * @throws SnapshelfError `request-invalid` if there are both.
 */
export function pictureOf(request: Request, inJson: Uint8Array | undefined): Uint8Array | undefined {
  const [file] = filesOf(request);
  if (file !== undefined && inJson !== undefined)
    throw new SnapshelfError('request-invalid', 'Send the image as a file or as base64, not both.');
  return file?.buffer ?? inJson;
}

/** Returns the picture of a request. @throws SnapshelfError `image-missing` if there is none, `request-invalid` if there are two. */
export function requirePicture(request: Request, inJson: Uint8Array | undefined): Uint8Array {
  const picture = pictureOf(request, inJson);
  if (picture !== undefined) return picture;
  throw new SnapshelfError(
    'image-missing',
    'Send a picture as the file "image" of a form (curl: -F image=@photo.jpg), or as base64 in the JSON field "image".',
  );
}

import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** The files of a form. */
export const filesOf = (request: Request): readonly Express.Multer.File[] =>
  Array.isArray(request.files) ? request.files : [];

/** The picture of a request: the uploaded file, or the one of its JSON. Undefined when there is neither. */
export const pictureOf = (request: Request, inJson: Uint8Array | undefined): Uint8Array | undefined =>
  filesOf(request)[0]?.buffer ?? inJson;

/** The picture of a request. Throws `image-missing` when there is none. */
export function requirePicture(request: Request, inJson: Uint8Array | undefined): Uint8Array {
  const picture = pictureOf(request, inJson);
  if (picture !== undefined) return picture;
  throw new SnapshelfError(
    'image-missing',
    'send a picture as the file "image" of a form (curl: -F image=@photo.jpg), or as base64 in the JSON field "image"',
  );
}

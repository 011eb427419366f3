import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';

/** Returns the files of a form, or those of one of its fields, in the order in which they were sent. */
export function filesOf({ files }: Request, field?: string): readonly Express.Multer.File[] {
  const all = Array.isArray(files) ? files : Object.values(files ?? {}).flat();
  return field === undefined ? all : all.filter(({ fieldname }) => fieldname === field);
}

/**
 * Returns the picture of a request, the uploaded file or the one of its JSON, or undefined if there is
 * neither.
 * @throws SnapshelfError `request-invalid` if there are both.
 */
export function pictureOf(request: Request, inJson: Uint8Array | undefined): Uint8Array | undefined {
  const [file] = filesOf(request, 'image');
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

/**
 * Returns the several pictures of a request, the uploaded files or those of its JSON; undefined if there are neither.
 * @throws SnapshelfError `request-invalid` if there are both.
 */
export function picturesOf(
  request: Request,
  inJson: readonly Uint8Array[] | undefined,
): readonly Uint8Array[] | undefined {
  const files = filesOf(request, 'images');
  if (files.length === 0) return inJson;
  if (inJson !== undefined)
    throw new SnapshelfError('request-invalid', 'Send the images as files or as base64, not both.');
  return files.map(({ buffer }) => buffer);
}

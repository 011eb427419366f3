import express, { type Request, type RequestHandler } from 'express';
import multer from 'multer';
import { SnapshelfError } from '../errors.ts';
import { parseFields } from './schemas.ts';

/** How much a client may send. */
export interface UploadLimits {
  /** Bytes of one picture. Default 20 MiB. */
  readonly imageBytes: number;
  /** Pictures in one batch. Default 64. */
  readonly batchImages: number;
  /** Bytes of all bodies that are being received or worked on at once; more are told to come back. Default 512 MiB. */
  readonly bytesInFlight: number;
}

export const defaultUploadLimits: UploadLimits = {
  imageBytes: 20 * 2 ** 20,
  batchImages: 64,
  bytesInFlight: 512 * 2 ** 20,
};

/** Bytes of one text field: room for a filter, metadata, a cursor. */
const fieldBytes = 256 * 1024;

/** Refuses bodies while too many bytes are under way, so that uploads cannot use up the memory. */
function budget({ bytesInFlight, imageBytes, batchImages }: UploadLimits): RequestHandler {
  let used = 0;
  return (request, response, next) => {
    const announced = Number(request.headers['content-length'] ?? Number.NaN);
    const bytes = Number.isFinite(announced) ? announced : imageBytes;
    if (bytes > imageBytes * batchImages)
      throw new SnapshelfError('body-too-large', 'the request has too many bytes');
    if (used + bytes > bytesInFlight && used > 0)
      throw new SnapshelfError('queue-full', 'too many uploads are under way; try again', {
        details: { retryAfterSeconds: 2 },
      });
    used += bytes;
    response.once('close', () => {
      used -= bytes;
    });
    next();
  };
}

/** Runs a parser of bodies; whatever it finds wrong that has no code yet is the client's request. */
const asRequestError =
  (handler: RequestHandler): RequestHandler =>
  (request, response, next) =>
    handler(request, response, (error?: unknown) => {
      const known =
        error === undefined || error instanceof SnapshelfError || error instanceof multer.MulterError;
      if (known || (error instanceof Error && 'status' in error)) next(error);
      else
        next(
          new SnapshelfError(
            'request-invalid',
            `the form is malformed: ${String((error as Error).message)}`,
            { cause: error },
          ),
        );
    });

/** Middleware that receives pictures, as a multipart form or as JSON. */
export interface Uploads {
  /** One picture in the form's field `image`, or a JSON body. */
  readonly one: RequestHandler[];
  /** Many pictures in the form's field `images`. */
  readonly many: RequestHandler[];
}

export function createUploads(limits: UploadLimits): Uploads {
  const upload = multer({
    storage: multer.memoryStorage(),
    preservePath: true,
    limits: {
      fileSize: limits.imageBytes,
      files: limits.batchImages,
      fields: 20,
      parts: limits.batchImages + 20,
      fieldSize: fieldBytes,
      fieldNameSize: 100,
      headerPairs: 20,
    },
  });
  const json = express.json({ limit: Math.ceil(limits.imageBytes * 1.4), strict: true });
  const receive = (form: RequestHandler): RequestHandler[] => [
    budget(limits),
    asRequestError(form),
    asRequestError(json),
  ];
  return { one: receive(upload.single('image')), many: receive(upload.array('images', limits.batchImages)) };
}

/** The fields of a request: those of its query string, then those of its form or JSON body. */
export function fieldsOf(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (request.is('json')) {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new SnapshelfError('request-invalid', 'the body must be a JSON object');
    return { ...parseFields(request.query), ...body };
  }
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is('multipart/form-data'))
    throw new SnapshelfError('media-type-unsupported', 'send multipart/form-data or application/json');
  return { ...parseFields(request.query), ...parseFields((body ?? {}) as Record<string, unknown>) };
}

/** The picture of a request: the uploaded file, or the bytes of the base64 field. Undefined when there is neither. */
export function pictureOf(request: Request, base64: string | undefined): Uint8Array | undefined {
  if (request.file !== undefined) return request.file.buffer;
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

/** The picture of a request. Throws `image-missing` when there is none. */
export function requirePicture(request: Request, base64: string | undefined): Uint8Array {
  const picture = pictureOf(request, base64);
  if (picture !== undefined) return picture;
  throw new SnapshelfError(
    'image-missing',
    'send a picture in the form field "image", or as base64 in the JSON field "image"',
  );
}

/** A signal that aborts when the client leaves before its answer is sent. */
export function abortOnLeave(request: Request): AbortSignal {
  const controller = new AbortController();
  const response = request.res;
  response?.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

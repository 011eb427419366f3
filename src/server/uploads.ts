import express, { type Request, type RequestHandler } from 'express';
import multer from 'multer';
import { SnapshelfError } from '../errors.ts';
import { UploadBudget } from './upload-budget.ts';
import { formError, tooManyBytes } from './upload-errors.ts';

/** How much a client may send. */
export interface UploadLimits {
  /** Bytes of one picture. Default 20 MiB. */
  readonly imageBytes: number;
  /** Pictures in one batch. Default 64. */
  readonly batchImages: number;
  /** Bytes of one batch, all in all. Default 128 MiB. */
  readonly batchBytes: number;
  /** Bytes of all bodies that are being received or worked on at once; more are told to come back. Default 512 MiB. */
  readonly bytesInFlight: number;
}

export const defaultUploadLimits: UploadLimits = {
  imageBytes: 20 * 2 ** 20,
  batchImages: 64,
  batchBytes: 128 * 2 ** 20,
  bytesInFlight: 512 * 2 ** 20,
};

/** Middleware that receives bodies. */
export interface Uploads {
  /** One picture in the form's field `image`, or a JSON body. */
  readonly one: RequestHandler[];
  /** Many pictures in the form's field `images`. */
  readonly many: RequestHandler[];
  /** A small JSON body, or none. */
  readonly plain: RequestHandler[];
  /** A JSON body with room for a list of a collection's items, or none. */
  readonly listing: RequestHandler[];
}

/** What a route takes as its body. */
interface BodyShape {
  /** The field of its files; undefined where it takes JSON only. */
  readonly field?: string;
  readonly files: number;
  /** Bytes of one text field: room for a filter, metadata, a cursor; in a batch for the metadata of all. */
  readonly fieldBytes: number;
  /** Bytes of the whole body. */
  readonly bytes: number;
}

export function createUploads(limits: UploadLimits): Uploads {
  const budget = new UploadBudget(limits.bytesInFlight);
  const receive = (shape: BodyShape): RequestHandler[] => [
    budget.admit(shape.bytes),
    bodyParser(shape, limits),
  ];
  const fieldBytes = 256 * 1024;
  // Base64 makes four bytes of three; the rest is room for the other fields.
  const oneBytes = Math.ceil((limits.imageBytes * 4) / 3) + fieldBytes / 2;
  return {
    one: receive({ field: 'image', files: 1, fieldBytes, bytes: oneBytes }),
    many: receive({
      field: 'images',
      files: limits.batchImages,
      fieldBytes: 8 * 2 ** 20,
      bytes: limits.batchBytes,
    }),
    plain: receive({ files: 0, fieldBytes, bytes: 16 * 1024 }),
    listing: receive({ files: 0, fieldBytes, bytes: 32 * 2 ** 20 }),
  };
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Chooses the parser by the content type. Compressed bodies are refused: they could be anything when unpacked. */
function bodyParser(shape: BodyShape, limits: UploadLimits): RequestHandler {
  const json = express.json({ limit: shape.bytes, inflate: false });
  const form = shape.field === undefined ? undefined : formParser({ ...shape, field: shape.field }, limits);
  const takes = form === undefined ? 'application/json' : 'multipart/form-data or application/json';
  return (request, response, next) => {
    if (!hasBody(request)) next();
    else if (request.is('application/json')) json(request, response, next);
    else if (form !== undefined && request.is('multipart/form-data')) form(request, response, next);
    else throw new SnapshelfError('media-type-unsupported', `send ${takes}`);
  };
}

interface Parser extends NodeJS.WritableStream {
  destroy(error: Error): void;
}

/** What multer takes and its types do not have yet. */
interface FormOptions extends multer.Options {
  readonly streamHandler: (request: Request, parser: Parser) => void;
}

function formParser(shape: BodyShape & { readonly field: string }, limits: UploadLimits): RequestHandler {
  const overlong = new WeakSet<Request>();
  const options: FormOptions = {
    storage: multer.memoryStorage(),
    // Names of files may be ids, which have folders and any script.
    preservePath: true,
    defParamCharset: 'utf8',
    limits: {
      fileSize: limits.imageBytes,
      files: shape.files,
      fields: 20,
      parts: shape.files + 20,
      fieldSize: shape.fieldBytes,
      fieldNameSize: 100,
      fieldNestingDepth: 0,
      headerPairs: 20,
    },
    streamHandler: (request, parser) => {
      countBytes(request, shape.bytes, () => {
        overlong.add(request);
        request.unpipe(parser);
        parser.destroy(tooManyBytes(shape.bytes));
      });
      request.pipe(parser);
    },
  };
  const handler = multer(options).array(shape.field, shape.files);
  return (request, response, next) => {
    handler(request, response, (error?: unknown) => {
      if (error === undefined || error === null) next();
      else next(overlong.has(request) ? tooManyBytes(shape.bytes) : formError(error, shape.field));
    });
  };
}

/** Calls back when a body, whose length nobody announced, gets longer than that. */
function countBytes(request: Request, most: number, onMore: () => void): void {
  let seen = 0;
  const count = (chunk: Buffer): void => {
    seen += chunk.length;
    if (seen <= most) return;
    request.off('data', count);
    onMore();
  };
  request.on('data', count);
}

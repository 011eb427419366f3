import type { NextFunction, Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { SnapshelfError } from '../../errors.ts';
import { countItems } from '../access/audit-writes.ts';
import type { Callers } from '../access/callers.ts';
import type { RateLimiter } from '../access/rate-limits.ts';
import { Admission, laneOf } from '../admission/admission.ts';
import { onAnswered, scopeOf } from '../http/request-scope.ts';
import { type BodyLimits, bodyLimitsOf, type Limits, type RequestKind } from '../parsing/limits.ts';
import { parseRequest, type RawRequest } from '../parsing/parse-request.ts';
import { parsers } from '../parsing/parser-pool.ts';
import type { RequestFields } from '../parsing/schemas.ts';
import { chargeBody, unitsOf } from './charge-body.ts';
import { fileStorage } from './file-storage.ts';
import { checkEncoding, jsonBody } from './json-body.ts';
import { hasAddresses, pictureSizes, sizesOf } from './picture-sizes.ts';
import { type FormFiles, type Receivers, receiversOf } from './receivers.ts';
import { meterOf, UploadBudget } from './upload-budget.ts';
import { formError, tooManyBytes } from './upload-errors.ts';

/** Receives the bodies of requests and reads their fields. */
export interface Uploads {
  /** The middleware that receives the body of each kind of request, if it has one. */
  readonly receive: Receivers;
  /**
   * Reads and checks the fields of a request: those of its query string, then those of the form or JSON body that was
   * received here. Large requests are read in another thread. Where pictures are to be decoded or searched for, it then charges for
   * them and waits for a turn, which the answer ends.
   * Where pictures are still to be fetched, `admitFetched` does the waiting.
   * @throws SnapshelfError `request-invalid`, `body-too-large`, `queue-full`, `rate-limited`, `worker-died`.
   * @throws ZodError for a field that the schema refuses.
   */
  fields<K extends RequestKind>(kind: K, request: Request, response: Response): Promise<RequestFields[K]>;
  /**
   * Charges for pictures that were fetched by their addresses as if the request had brought them, and waits for its turn.
   * @throws SnapshelfError `queue-full`, `rate-limited`.
   */
  admitFetched(
    kind: 'item' | 'batch',
    request: Request,
    response: Response,
    pictures: readonly Uint8Array[],
  ): Promise<void>;
}

/** The body that a route accepts. */
interface BodyShape extends BodyLimits {
  /** The form fields of its files, with the most files of each; undefined if the route accepts only JSON. */
  readonly files?: FormFiles | undefined;
  /** Bytes of a file, where the files are no pictures: then the route accepts only a form. */
  readonly fileBytes?: number | undefined;
}

/** Most bytes of JSON that are parsed on the main thread: this takes about 5 ms, whatever they hold. */
const atOnceBytes = 128 * 1024;

/** The bodies that were received here. A body that another middleware put into a request is not bounded, so it is not used. */
const received = new WeakMap<Request, Omit<RawRequest, 'query'>>();

/**
 * Creates the receivers and readers of requests under `limits`.
 * @param limiter charges clients for the bodies that they send. Default: nobody is charged
 */
export function createUploads(limits: Limits, callers: Callers, limiter?: RateLimiter): Uploads {
  const budget = new UploadBudget(limits, callers);
  const admission = new Admission(limits);
  const bodies = bodyLimitsOf(limits);
  const receive = (kind: RequestKind, files?: FormFiles, fileBytes?: number): RequestHandler[] => {
    const shape = { ...bodies[kind], files, fileBytes };
    const charge = limiter === undefined ? [] : [chargeBody(limiter)];
    const announce: RequestHandler = (request, response, next) => {
      const arrived = admission.announce(kind);
      if (arrived !== undefined) {
        announced.set(request, arrived);
        onAnswered(response, arrived);
      }
      next();
    };
    const admit = budget.admit(shape.bytes, laneOf[kind] === 'search');
    return [announce, admit, bodyParser(shape, limits), ...charge];
  };
  const enter = async (kind: RequestKind, pixels: number, response: Response): Promise<void> => {
    const leave = await admission.enter(kind, pixels, scopeOf(response).signal);
    if (leave !== undefined) onAnswered(response, leave);
  };
  return {
    receive: receiversOf(receive, limits),
    async fields(kind, request, response) {
      const fields = await readFields(kind, rawOf(request), limits, scopeOf(response).signal);
      noteItems(request, fields);
      if (laneOf[kind] === undefined) return fields;
      const { largest, units } = await pictureSizes(request, fields);
      limiter?.require(request, response, units);
      announced.get(request)?.();
      // A slow host must not hold a turn.
      if (!hasAddresses(fields)) await enter(kind, largest, response);
      return fields;
    },
    async admitFetched(kind, request, response, pictures) {
      const { largest, units } = await sizesOf(pictures);
      limiter?.charge(request, unitsOf(pictures.reduce((sum, { length }) => sum + length, 0)));
      limiter?.require(request, response, units);
      await enter(kind, largest, response);
    },
  };
}

/** Tells the log of changes how many items a JSON body lists. */
function noteItems(request: Request, fields: object): void {
  const { items, ids } = fields as { readonly items?: readonly unknown[]; readonly ids?: readonly unknown[] };
  const listed = items ?? ids;
  if (listed !== undefined) countItems(request, listed.length);
}

/** Returns the body of a request as it was received: its JSON, or the text fields of its form. */
export const receivedBody = (request: Request): Omit<RawRequest, 'query'> => received.get(request) ?? {};

async function readFields<K extends RequestKind>(
  kind: K,
  raw: RawRequest,
  limits: Limits,
  signal: AbortSignal,
): Promise<RequestFields[K]> {
  if (sizeOf(raw) <= atOnceBytes) return parseRequest(kind, raw, limits);
  return (await parsers().run('request', [kind, raw, limits], signal)) as RequestFields[K];
}

function rawOf(request: Request): RawRequest {
  const { query } = request as { readonly query: RawRequest['query'] };
  return { ...received.get(request), query };
}

function sizeOf({ json, form = {} }: RawRequest): number {
  const texts = Object.values(form).map((value) => (typeof value === 'string' ? value.length : 0));
  return texts.reduce((sum, length) => sum + length, json?.length ?? 0);
}

/** Functions to call when a request that was counted as on its way is there. */
const announced = new WeakMap<Request, () => void>();

const keepJson = (request: Request, json: Uint8Array): void => void received.set(request, { json });

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Returns the middleware that chooses a parser by the content type. Compressed bodies are refused: they have no bound. */
function bodyParser(shape: BodyShape, limits: Limits): RequestHandler {
  const { files, fileBytes } = shape;
  const form = files === undefined ? undefined : formParser({ ...shape, files }, limits);
  const isFormOnly = fileBytes !== undefined;
  const json = jsonBody({ ...shape.json, bytes: shape.bytes }, keepJson);
  const takes = [form && 'multipart/form-data', !isFormOnly && 'application/json']
    .filter(Boolean)
    .join(' or ');
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    checkEncoding(request);
    if (!isFormOnly && request.is(['application/json', 'application/merge-patch+json']))
      return json(request, response, next);
    if (form !== undefined && request.is('multipart/form-data')) return form(request, response, next);
    throw new SnapshelfError('media-type-unsupported', `Send ${takes}.`);
  };
}

interface Parser extends NodeJS.WritableStream {
  destroy(error: Error): void;
}

/** Options of multer that its types do not have yet. */
interface FormOptions extends multer.Options {
  readonly streamHandler: (request: Request, parser: Parser) => void;
}

function formParser(shape: BodyShape & { readonly files: FormFiles }, limits: Limits): RequestHandler {
  const names = Object.keys(shape.files);
  const files = Object.values(shape.files).reduce((sum, most) => sum + most, 0);
  const { fileBytes = limits.imageBytes } = shape;
  const refusals = new WeakMap<Request, (error: SnapshelfError) => void>();
  const options: FormOptions = {
    storage: fileStorage(fileBytes),
    // Names of files may be ids, which may have folders and any script.
    preservePath: true,
    defParamCharset: 'utf8',
    limits: {
      fileSize: fileBytes,
      files,
      fields: 20,
      parts: files + 20,
      fieldSize: shape.fieldBytes,
      fieldNameSize: 100,
      fieldNestingDepth: 0,
      headerPairs: 20,
    },
    streamHandler: (request, parser) => {
      countBytes(request, shape.bytes, (error) => {
        request.unpipe(parser);
        refusals.get(request)?.(error);
        parser.destroy(error);
      });
      request.pipe(parser);
    },
  };
  const handler = multer(options).fields(names.map((name) => ({ name, maxCount: shape.files[name] ?? 0 })));
  return (request, response, after) => {
    const next = once(after);
    // What must not go on is answered at once: multer waits for the end of the body, which may never come.
    refusals.set(request, next);
    handler(request, response, (error?: unknown) => {
      if (error === undefined || error === null) {
        received.set(request, { form: { ...(request.body as object) } });
        next();
      } else next(formError(error, names));
    });
  };
}

/** Returns `next` with its further calls left out. */
function once(next: NextFunction): NextFunction {
  let isOver = false;
  return (error?: unknown) => {
    if (!isOver) next(error);
    isOver = true;
  };
}

/** Counts a body as it arrives, and calls back once if it must not go on: it is too long, too slow, or there is no room. */
function countBytes(request: Request, most: number, onRefused: (error: SnapshelfError) => void): void {
  const meter = meterOf(request);
  let seen = 0;
  const stop = (): void => {
    meter.stop();
    request.off('data', count).off('end', stop);
  };
  const refuse = (error: SnapshelfError): void => {
    stop();
    onRefused(error);
  };
  const count = (chunk: Buffer): void => {
    seen += chunk.length;
    const problem = seen > most ? tooManyBytes(most) : meter.add(chunk.length);
    if (problem !== undefined) refuse(problem);
  };
  meter.watch(refuse);
  request.on('data', count).once('end', stop);
}

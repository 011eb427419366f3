/**
 * Every code that the package raises, with its HTTP status and when it is raised. Misuse by a programmer (a wrong argument
 * type or range in a call) is a `TypeError` or `RangeError` instead.
 */
const codes = {
  'onnx-invalid': [500, 'The file is not a readable ONNX model: truncated, foreign or self-contradictory.'],
  'weights-invalid': [500, 'The weights file is damaged or not of a known format.'],
  'weights-unsafe': [500, 'The PyTorch file has an object of another program in the place of tensors.'],
  'weights-mismatch': [500, 'The tensors in the weights file do not fit the architecture.'],
  'export-self-check-failed': [
    500,
    'The exported graph disagrees with the network it was made from; nothing is written.',
  ],
  'model-not-found': [409, 'There is no such model.'],
  'model-invalid': [500, 'The model file is ONNX, but not a Snapshelf model.'],
  'model-mismatch': [409, 'The collection belongs to another model.'],
  'metric-mismatch': [409, 'The metric compares softmax vectors, and the model gives features.'],
  'provider-unavailable': [
    500,
    'The execution provider that was asked for is not installed or does not start.',
  ],
  'inference-failed': [500, 'ONNX Runtime could not run the model.'],
  'image-missing': [400, 'No image was sent.'],
  'image-empty': [400, 'The image has no bytes.'],
  'image-too-large': [413, 'The image has more bytes than allowed.'],
  'image-too-many-pixels': [413, 'The image has more pixels than allowed.'],
  'image-unsupported': [415, 'The bytes are not an image of an accepted format.'],
  'image-corrupt': [422, 'The image is damaged and cannot be decoded.'],
  'image-timeout': [422, 'The image took too long to decode.'],
  'image-not-stored': [404, 'The original image of this item was not stored.'],
  'crop-invalid': [400, 'The crop box is empty or lies outside the image.'],
  'no-feature-map': [409, 'The model has no feature map that tells where in a picture it looks.'],
  'url-refused': [403, 'The server may not fetch a picture from this address, or send webhooks to it.'],
  'url-failed': [422, 'The picture could not be fetched from its address.'],
  'queue-full': [503, 'Too much of this kind waits already.'],
  'too-many-connections': [503, 'The server has as many connections as it takes.'],
  'body-too-slow': [408, 'The body of the request arrives too slowly.'],
  'engine-cannot': [501, 'The engine that keeps the collection does not offer this.'],
  'engine-unavailable': [503, 'The engine that keeps the collections cannot be reached, or gives no answer.'],
  'engine-not-installed': [500, 'The client of the engine, or of the picture store, is not installed.'],
  'picture-store-unavailable': [
    503,
    'The store of the pictures cannot be reached, refuses a request, or is not the one of the collection.',
  ],
  'worker-died': [503, 'A worker thread ended while it held this request.'],
  closed: [503, 'The component was closed.'],
  'prune-refused': [409, 'More of a collection would be removed than may go unasked.'],
  'source-invalid': [400, 'The folder or manifest to read is missing, empty or malformed.'],
  'text-not-utf8': [400, 'A text that has to be UTF-8 is not.'],
  'collection-not-found': [404, 'There is no such collection.'],
  'collection-exists': [409, 'A collection of that name exists with other settings.'],
  'too-many-collections': [409, 'The data folder has as many collections as it may have.'],
  'collection-busy': [
    409,
    'The collection is being re-indexed or calibrated already, or its duplicates are being looked for.',
  ],
  'item-not-found': [404, 'There is no such item in the collection.'],
  'id-invalid': [400, 'The name or id has characters or a length that are not accepted.'],
  'item-invalid': [400, 'A field of the item is not accepted.'],
  'field-type-mismatch': [409, 'A value has another type than its metadata field, and strict was asked for.'],
  'vector-invalid': [
    400,
    'The vector holds something other than finite numbers, or no probabilities where the metric compares these.',
  ],
  'query-invalid': [
    400,
    'The parts of the query cannot be combined: they cancel out, or the metric takes one only.',
  ],
  'not-calibrated': [
    409,
    'The collection has no calibration that fits it: none was made, it is of another model, or too much has changed.',
  ],
  'too-few-pairs': [
    409,
    'The items of the collection are too few to calibrate it, or for this rate of false matches.',
  ],
  'dimension-mismatch': [400, "The vector's length is not the collection's dimension."],
  'filter-invalid': [400, 'The filter is malformed.'],
  'cursor-invalid': [400, 'The paging cursor is malformed or belongs to another request.'],
  'gallery-locked': [503, 'Another process has the data folder open.'],
  'gallery-damaged': [503, 'A database file of the gallery is damaged.'],
  'item-changed': [412, 'The item is not as the request expects it.'],
  'record-changed': [409, 'Another server has changed the same record meanwhile.'],
  'lease-lost': [503, 'The server was silent for too long, and another one has taken its work over.'],
  'item-damaged': [500, 'A stored item, its picture or its vector is not what was stored.'],
  'snapshot-invalid': [400, 'The snapshot file is damaged or not a snapshot.'],
  'backup-invalid': [400, 'The backup file is damaged, cut short or not a backup.'],
  'folder-not-empty': [409, 'The folder to restore a backup into holds something already.'],
  'index-unavailable': [500, 'The library of the search index is not installed.'],
  'run-exists': [409, 'The run folder holds a run already, or one with other settings.'],
  'run-busy': [409, 'Another process trains in the run folder.'],
  'run-invalid': [500, 'The folder is no training run, or its files are damaged or from another version.'],
  'training-diverged': [
    500,
    'The loss or the weights are no longer finite numbers; the last good checkpoint is kept.',
  ],
  'nothing-relevant': [400, 'No query of the evaluation has an item of its label to find.'],
  'evaluation-pending': [409, 'The evaluation is not done: it has no report.'],
  'read-only': [403, 'The data folder was opened to read only.'],
  unauthorized: [401, 'The request brings no valid key.'],
  forbidden: [
    403,
    'The application that serves this, or the key of the request, does not allow this kind of request.',
  ],
  'rate-limited': [429, 'The client has sent more than its share of requests.'],
  'keys-missing': [500, 'Others than this machine would be served, but there are no keys.'],
  'keys-invalid': [409, 'The keys of the data folder cannot be read, or a new one does not fit them.'],
  'key-not-found': [404, 'There is no such key.'],
  'webhook-not-found': [404, 'There is no such webhook, or no such delivery of it.'],
  'webhooks-invalid': [409, 'The webhooks of the data folder cannot be read, or there are too many.'],
  'host-not-allowed': [403, 'The server does not answer to the host name of the request.'],
  'origin-not-allowed': [403, 'A page of another origin may not change anything here.'],
  'disk-full': [507, 'No space is left on the device.'],
  'not-writable': [403, 'The place to write to is read-only, or this user may not write there.'],
  'not-readable': [403, 'This user may not read the file or folder.'],
  'idempotency-mismatch': [422, 'The Idempotency-Key was sent before with another request.'],
  'idempotency-pending': [409, 'The request of this Idempotency-Key is still being handled.'],
  'request-invalid': [400, 'The request does not have the form that the route takes.'],
  'headers-too-large': [431, 'The address and the headers of the request are larger than allowed.'],
  'body-too-large': [413, 'The request body is larger than allowed.'],
  'media-type-unsupported': [415, 'The request body has a content type that the route does not take.'],
  'route-not-found': [404, 'There is no such route.'],
  'method-not-allowed': [405, 'The route does not take this method.'],
  'not-ready': [503, 'The server is starting or shutting down.'],
  internal: [500, 'Something failed that should not have; the log has more.'],
} as const;

/** A stable name of what went wrong: switch on it, never on the message. */
export type ErrorCode = keyof typeof codes;

/** Every code with when it is raised. */
export const errorCatalogue = Object.fromEntries(
  Object.entries(codes).map(([code, [, meaning]]) => [code, meaning]),
) as Readonly<Record<ErrorCode, string>>;

/** Returns the HTTP status of a code. */
export const statusOf = (code: ErrorCode): number => codes[code][0];

/** The parts of an error besides its message. */
export interface ErrorOptionsWithDetails {
  readonly cause?: unknown;
  /** Plain data that helps the caller, such as the limit that was exceeded; sent to HTTP clients as it is. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the package. `code` is stable, `message` is for people and says what to do.
 * @example
 * try {
 *   await readModelFile('lite0.onnx');
 * } catch (error) {
 *   if (error instanceof SnapshelfError && error.code === 'model-not-found') console.error('Export a model first.');
 *   else throw error;
 * }
 */
export class SnapshelfError extends Error {
  override readonly name = 'SnapshelfError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** An error as plain data, to cross the border of a thread or process. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly stack?: string | undefined;
  readonly cause?: SerializedError | undefined;
  /** The code and fields of an error of Node or of the operating system, such as `ENOENT`. */
  readonly system?: Readonly<Record<string, string | number>> | undefined;
}

/** Causes of causes that cross a border; deeper ones are dropped. */
const deepestCause = 8;
const systemFields = ['code', 'errno', 'syscall', 'path', 'dest', 'errcode'] as const;

function systemFieldsOf(error: Error): SerializedError['system'] {
  const fields = systemFields.flatMap((name) => {
    const value = (error as unknown as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Turns any thrown value, with its stack and causes, into plain data that `deserializeError` turns back. */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const cause =
    error.cause === undefined || depth === deepestCause ? undefined : serializeError(error.cause, depth + 1);
  if (error instanceof SnapshelfError)
    return { name, message, stack, cause, code: error.code, details: error.details };
  return { name, message, stack, cause, system: systemFieldsOf(error) };
}

const misuse: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError };

/**
 * Returns the error that `serializeError` described, with the stack that it had: a `SnapshelfError` with its code and details, a
 * `TypeError`, a `RangeError` or an `Error`.
 */
export function deserializeError(data: SerializedError): Error {
  const { name, message, code, details, stack, cause, system } = data;
  const error =
    code === undefined
      ? new (misuse[name] ?? Error)(message)
      : new SnapshelfError(code, message, { details: details ?? {} });
  if (cause !== undefined) error.cause = deserializeError(cause);
  if (system !== undefined) Object.assign(error, system);
  if (stack !== undefined) error.stack = stack;
  return error;
}

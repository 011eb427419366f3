import { SnapshelfError } from '../errors.ts';
import { JsonLimitError, type JsonLimits, scanJson, startOf } from './scan.ts';

/**
 * Throws unless a JSON text that a client sent is within its limits.
 * @throws SnapshelfError `body-too-large`, `request-invalid`; `details` names the limit.
 */
export function checkJson(bytes: Uint8Array, limits: JsonLimits): void {
  try {
    scanJson(bytes, limits);
  } catch (cause) {
    if (!(cause instanceof JsonLimitError)) throw cause;
    const { message, details, isTooLong } = cause;
    throw new SnapshelfError(isTooLong ? 'body-too-large' : 'request-invalid', `${message}.`, {
      cause,
      details,
    });
  }
}

/**
 * The value of a JSON text that a client sent, which is bounded before it becomes objects. A byte order mark before it
 * is let pass.
 * @throws SnapshelfError `request-invalid` for what is no JSON; what `checkJson` throws.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  checkJson(bytes, limits);
  const start = startOf(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start).toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message.slice(0, 200);
    throw new SnapshelfError('request-invalid', `The JSON is malformed: ${reason}`, { cause });
  }
}

import { SnapshelfError } from '../errors.ts';
import { JsonLimitError, type JsonLimits, scanJson, startOf } from './scan.ts';
import { asSentence } from './text.ts';

/**
 * Checks that a JSON text of a client is within its limits.
 *
 * @throws SnapshelfError `body-too-large`, `request-invalid`; `details` names the limit
 */
export function checkJson(bytes: Uint8Array, limits: JsonLimits): void {
  try {
    scanJson(bytes, limits);
  } catch (cause) {
    if (!(cause instanceof JsonLimitError)) throw cause;
    const { message, details, isTooLong } = cause;
    throw new SnapshelfError(isTooLong ? 'body-too-large' : 'request-invalid', message, {
      cause,
      details,
    });
  }
}

/**
 * Parses a JSON text of a client, after checking its limits. A byte order mark at its beginning is ignored.
 *
 * @throws SnapshelfError `request-invalid` if it is not JSON or beyond a limit, `body-too-large`
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  checkJson(bytes, limits);
  const start = startOf(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start).toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = asSentence((cause as Error).message.slice(0, 200));
    throw new SnapshelfError('request-invalid', `The JSON is malformed. ${reason}`, { cause });
  }
}

import { SnapshelfError } from '../errors.ts';
import { parseExactly, parsePlainly } from './exact.ts';
import { JsonLimitError, type JsonLimits } from './scan.ts';
import { asSentence } from './text.ts';

function translated(cause: unknown): unknown {
  if (cause instanceof SyntaxError) {
    const reason = asSentence(cause.message.slice(0, 200));
    return new SnapshelfError('request-invalid', `The JSON is malformed. ${reason}`, { cause });
  }
  if (!(cause instanceof JsonLimitError)) return cause;
  const { message, details, isTooLong } = cause;
  return new SnapshelfError(isTooLong ? 'body-too-large' : 'request-invalid', message, { cause, details });
}

/**
 * Parses a JSON text that this program wrote, after checking its limits. A byte order mark at the beginning is ignored.
 *
 * @throws SnapshelfError `request-invalid` if it is not JSON or beyond a limit, `body-too-large`; `details` names the limit
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  try {
    return parsePlainly(bytes, limits);
  } catch (error) {
    throw translated(error);
  }
}

/**
 * Parses a JSON text of a client, after checking its limits. Whole numbers beyond ±(2^53 - 1), which JavaScript would round,
 * become texts of their digits. A byte order mark at the beginning is ignored.
 *
 * @throws SnapshelfError `request-invalid` if it is not JSON or beyond a limit, `body-too-large`; `details` names the limit
 */
export function readUserJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  try {
    return parseExactly(bytes, limits).value;
  } catch (error) {
    throw translated(error);
  }
}

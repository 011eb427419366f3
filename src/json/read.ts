import { SnapshelfError } from '../errors.ts';
import { type JsonLimits, scanJson, startOf } from './scan.ts';

/**
 * The value of a JSON text, which is bounded before it becomes objects. A byte order mark before it is let pass.
 * @throws SnapshelfError `request-invalid` for what is no JSON; what `scanJson` throws.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  scanJson(bytes, limits);
  const start = startOf(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start).toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message.slice(0, 200);
    throw new SnapshelfError('request-invalid', `The JSON is malformed: ${reason}`, { cause });
  }
}

import { SnapshelfError } from '../../errors.ts';
import type { JsonLimits } from '../../json/index.ts';

/** The rest of the limits while a value is counted. */
interface Left {
  nodes: number;
  characters: number;
}

/** True if a value from the host is within the limits, so that writing it as JSON takes no longer than reading would. */
function isWithin(value: unknown, depth: number, left: Left, elements: number): boolean {
  left.nodes -= 1;
  if (typeof value === 'string') left.characters -= value.length;
  if (left.nodes < 0 || left.characters < 0 || depth < 0) return false;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value))
    return value.length <= elements && value.every((part) => isWithin(part, depth - 1, left, elements));
  let members = 0;
  for (const key in value) {
    members += 1;
    left.characters -= key.length;
    const part = (value as Readonly<Record<string, unknown>>)[key];
    if (members > elements || !isWithin(part, depth - 1, left, elements)) return false;
  }
  return true;
}

/**
 * Copies a JSON body that the host of a mounted application has read already to bytes of its own, because the host's bytes
 * must not change even if these are moved to another thread.
 * @throws SnapshelfError `request-invalid` if nothing is left of the body, or it holds too much.
 */
export function adoptBody(body: unknown, limits: JsonLimits): Uint8Array {
  const { bytes, nodes, elements, depth } = limits;
  if (body === undefined)
    throw new SnapshelfError(
      'request-invalid',
      'The body was read before it came here, and nothing of it is left.',
    );
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  if (!isText && !isWithin(body, depth, { nodes, characters: bytes }, elements))
    throw new SnapshelfError('request-invalid', 'The body holds more than is allowed here.');
  // Allocated apart: small buffers of Node share one.
  const copy =
    body instanceof Uint8Array ? new Uint8Array(body) : Buffer.from(isText ? body : JSON.stringify(body));
  return copy;
}

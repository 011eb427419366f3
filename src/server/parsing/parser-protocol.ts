import type { SerializedError } from '../../errors.ts';
import type { OldJob } from '../evaluations/job-file.ts';
import type { Limits, RequestKind } from './limits.ts';
import type { RawRequest } from './parse-request.ts';
import type { RequestFields } from './schemas.ts';

/** What a parser thread can be asked. */
export type Task =
  | {
      readonly task: 'request';
      readonly kind: RequestKind;
      readonly raw: RawRequest;
      readonly limits: Limits;
    }
  | { readonly task: 'oldJob'; readonly bytes: Uint8Array };

/** What it answers to each. */
export interface Answers {
  readonly request: RequestFields[RequestKind];
  readonly oldJob: OldJob;
}

export type Reply = { readonly value: unknown } | { readonly error: SerializedError };

/** Lists the buffers that a value, or a value up to `depth` levels inside it, owns alone: they cross threads without a copy. */
export function buffersOf(value: unknown, depth = 3): ArrayBuffer[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (!ArrayBuffer.isView(value)) return Object.values(value).flatMap((part) => buffersOf(part, depth - 1));
  const { buffer, byteLength } = value;
  // Small buffers of Node share one.
  return buffer instanceof ArrayBuffer && (byteLength === buffer.byteLength || byteLength > Buffer.poolSize)
    ? [buffer]
    : [];
}

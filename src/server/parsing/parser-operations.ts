import type { OldJob } from '../evaluations/old-job.ts';
import type { Limits, RequestKind } from './limits.ts';
import type { RawRequest } from './parse-request.ts';
import type { RequestFields } from './schemas.ts';
import type { ReadRows, VectorFiles, VectorRules } from './vector-rows.ts';

/** The operations of a parser thread. */
export interface ParserOperations {
  /** Reads and checks the fields of a request; see `parseRequest`. */
  request(kind: RequestKind, raw: RawRequest, limits: Limits): RequestFields[RequestKind];
  /** Reads the rows of a request of vectors; see `readVectorRows`. */
  vectors(files: VectorFiles, rules: VectorRules): ReadRows;
  /** Reads a job file of an earlier version; see `readOldJob`. */
  oldJob(bytes: Uint8Array): OldJob;
}

/** Lists the buffers that a value, or a value up to `depth` levels inside it, owns alone: they cross threads without a copy. */
export function buffersOf(value: unknown, depth = 4): ArrayBuffer[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (!ArrayBuffer.isView(value)) return Object.values(value).flatMap((part) => buffersOf(part, depth - 1));
  const { buffer, byteLength } = value;
  // Small buffers of Node share one.
  return buffer instanceof ArrayBuffer && (byteLength === buffer.byteLength || byteLength > Buffer.poolSize)
    ? [buffer]
    : [];
}

import { z } from 'zod';
import { isName } from '../../engine/index.ts';
// Not from the room's index: the parser threads need neither a runtime nor a database.
import { evaluationRequest, manifestEntry } from '../../eval/jobs/job-request.ts';
import { type JsonLimits, list, readJson } from '../../json/index.ts';
import { defaultLimits } from '../parsing/limits.ts';
import { type EvaluationSummary, type FailedJob, isOver, jobSchema } from './evaluation-job.ts';

// Earlier releases kept a job in one file, with its filters and its manifest.

/** A job of an earlier release in the three parts of this one. */
export interface OldJob {
  readonly job: EvaluationSummary;
  /** JSON. */
  readonly request: Uint8Array;
  /** JSON; undefined if there was none. */
  readonly manifest: Uint8Array | undefined;
}

const { manifestEntries, manifestBytes, labelCharacters, jsonDepth } = defaultLimits;

/** Bytes of the largest `job.json` of an earlier release that is taken over: its manifest, and room for the rest. */
export const oldJobBytes: number = manifestBytes + 2 ** 20;
const oldJobLimits: JsonLimits = {
  bytes: oldJobBytes,
  depth: jsonDepth,
  nodes: 4 * manifestEntries + 50_000,
  elements: manifestEntries,
};
const entries = list(manifestEntry(labelCharacters), { min: 1, max: manifestEntries });
const oldJob = jobSchema({ request: z.looseObject({ manifest: entries.optional() }) });

const summaryLimits: JsonLimits = { bytes: 2 ** 20, depth: jsonDepth, nodes: 50_000, elements: 20_000 };
const oldSummary = jobSchema({ request: z.looseObject({ manifest: z.null().optional() }) });

/**
 * Reads a `job.json` of an earlier release. The manifest of a job that is over is not read: nobody needs it.
 * @throws SnapshelfError `request-invalid`, `body-too-large`
 * @throws ZodError If it is no job, or larger than is allowed now.
 */
export function readOldJob(bytes: Uint8Array): OldJob {
  const short = oldSummary.parse(readJson(withoutManifest(bytes), summaryLimits));
  if (!isOver(short)) return partsOf(oldJob.parse(readJson(bytes, oldJobLimits)));
  const { manifest: _, ...request } = short.request;
  return partsOf({ ...short, request });
}

function partsOf({ request: asked, ...job }: z.infer<typeof oldJob>): OldJob {
  const { manifest, ...rest } = asked;
  const request = evaluationRequest.parse(rest);
  const { query: _query, gallery: _gallery, ...options } = request;
  return {
    job: { ...job, request: { ...options, ...(manifest && { manifestEntries: manifest.length }) } },
    request: asJson(request),
    manifest: manifest && asJson(manifest),
  };
}

const asJson = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/** The end of the text that begins at a quote. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

/** The end of the array or object that begins at `from`. */
function endOfValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; ) {
    const byte = bytes[at] as number;
    if (isOpening(byte)) depth += 1;
    if (isClosing(byte)) depth -= 1;
    at = byte === quote ? endOfText(bytes, at) : at + 1;
    if (depth === 0) return at;
  }
  return bytes.length;
}

const key = Buffer.from('"manifest":[');

/** Replaces the manifest of a `job.json` by null, found without making objects of it. */
function withoutManifest(given: Uint8Array): Uint8Array {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== quote) {
      at += 1;
      continue;
    }
    if (bytes.subarray(at, at + key.length).equals(key)) {
      const start = at + key.length - 1;
      const rest = bytes.subarray(endOfValue(bytes, start));
      return Buffer.concat([bytes.subarray(0, start), Buffer.from('null'), rest]);
    }
    at = endOfText(bytes, at);
  }
  return bytes;
}

/** Bytes at the beginning of a `job.json` that `failedJob` needs. */
export const headBytes = 300;

/**
 * Makes the job that replaces one of an earlier release which this one does not take. Returns undefined if the file does
 * not begin as a job of this id.
 * @param head The beginning of the file.
 * @param time The time of the file.
 */
export function failedJob(id: string, head: Uint8Array, time: Date): FailedJob | undefined {
  const begins = /^\{"id":"([0-9a-f-]{36})","collection":"([^"]*)","request":/.exec(
    Buffer.from(head).toString('latin1'),
  );
  const collection = begins?.[2];
  if (begins?.[1] !== id || !isName(collection)) return undefined;
  const error = {
    type: 'urn:snapshelf:error:source-invalid',
    title: 'The evaluation is beyond what this release takes.',
    status: 400,
    detail: 'An earlier release accepted this evaluation; it is larger than is allowed now, or damaged.',
    code: 'source-invalid',
  } as const;
  const createdAt = time.toISOString();
  return { id, collection, request: {}, createdAt, state: 'failed', progress: null, error };
}

import { z } from 'zod';
import type { EvaluationRequest, JobMeasures, JobProgress } from '../../eval/index.ts';
// Not from the rooms' indexes: the parser threads need neither a runtime nor a database.
import { evaluationRequest, manifestEntry } from '../../eval/jobs/job-request.ts';
import { isName } from '../../gallery/validate.ts';
import { type JsonLimits, list, readJson } from '../../json/index.ts';
import { type Problem, publicProblem } from '../http/problem.ts';
import { defaultLimits } from '../parsing/limits.ts';
import { withoutManifest } from './old-job.ts';

/** What is kept in memory of an evaluation, and in its `job.json`. */
export interface EvaluationSummary {
  /** A UUID. */
  readonly id: string;
  readonly collection: string;
  /** What was asked, without its filters. */
  readonly request: Omit<EvaluationRequest, 'query' | 'gallery'> & {
    readonly manifestEntries?: number | undefined;
  };
  /** ISO 8601. */
  readonly createdAt: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly progress: JobProgress | null;
  /** When it is done: metric, name of the figure, mean. */
  readonly figures?: JobMeasures | undefined;
  readonly error?: Problem | undefined;
}

/** A job that an earlier release kept in one file, as this one keeps it in three. */
export interface OldJob {
  readonly job: EvaluationSummary;
  /** JSON. */
  readonly request: Uint8Array;
  /** JSON; undefined where there was none. */
  readonly manifest: Uint8Array | undefined;
}

/** Whether an evaluation has come to its end. */
export const isOver = ({ state }: EvaluationSummary): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

const count = z.int().min(0);

const fields = {
  id: z.uuid(),
  collection: z.string().refine(isName, 'expected the name of a collection'),
  createdAt: z.iso.datetime(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  progress: z.strictObject({ stage: z.string().max(100), done: z.number(), total: z.number() }).nullable(),
  figures: z.record(z.string().max(100), z.record(z.string().max(100), z.number())).optional(),
  error: z
    .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string() })
    .transform((problem) => publicProblem(problem as unknown as Problem))
    .optional(),
};

const summary = z.strictObject({
  formatVersion: z.literal(2),
  ...fields,
  request: z.looseObject({ manifestEntries: count.max(100_000_000).optional() }),
});

/** Bytes of the largest `job.json` of this format. */
export const jobBytes: number = 64 * 1024;
const jobLimits: JsonLimits = { bytes: jobBytes, depth: 16, nodes: 5000, elements: 1000 };

/** Whether a `job.json` has this format; any other is an earlier release's, or none. */
export const isOfThisFormat = (bytes: Uint8Array): boolean =>
  bytes.length <= jobBytes && Buffer.from(bytes.subarray(0, 20)).toString() === '{"formatVersion":2,"';

/** Throws `request-invalid`, `body-too-large`, a ZodError. */
export function parseJob(bytes: Uint8Array): EvaluationSummary {
  const { formatVersion: _, request, ...job } = summary.parse(readJson(bytes, jobLimits));
  const { manifestEntries, ...options } = request;
  return { ...job, request: { ...evaluationRequest.parse(options), manifestEntries } };
}

/** The bytes that `parseJob` takes. */
export const printJob = (job: EvaluationSummary): Uint8Array => asBytes({ formatVersion: 2, ...job });

const { manifestEntries, manifestBytes, labelCharacters, jsonDepth } = defaultLimits;

/** Bytes of the largest `job.json` of an earlier release that is taken over: its manifest, and room for the rest. */
export const oldJobBytes: number = manifestBytes + 2 ** 20;
const oldJobLimits: JsonLimits = {
  bytes: oldJobBytes,
  depth: jsonDepth,
  nodes: 4 * manifestEntries + 50_000,
  elements: manifestEntries,
};

const oldJob = z.strictObject({
  ...fields,
  request: z.looseObject({
    manifest: list(manifestEntry(labelCharacters), { min: 1, max: manifestEntries }).optional(),
  }),
});

const oldSummary = z.strictObject({ ...fields, request: z.looseObject({ manifest: z.null().optional() }) });
const oldSummaryLimits: JsonLimits = { bytes: 2 ** 20, depth: jsonDepth, nodes: 50_000, elements: 20_000 };

/**
 * Reads a `job.json` of an earlier release; of one that is over, whose manifest nobody needs, without that.
 * Throws `request-invalid`, `body-too-large`, a ZodError.
 */
export function readOldJob(bytes: Uint8Array): OldJob {
  const short = oldSummary.parse(readJson(withoutManifest(bytes), oldSummaryLimits));
  if (!isOver(short as EvaluationSummary)) return partsOf(oldJob.parse(readJson(bytes, oldJobLimits)));
  const { manifest: _, ...request } = short.request;
  return partsOf({ ...short, request });
}

function partsOf({ request: asked, ...job }: z.infer<typeof oldJob>): OldJob {
  const { manifest, ...rest } = asked;
  const request = evaluationRequest.parse(rest);
  const { query: _query, gallery: _gallery, ...options } = request;
  return {
    job: { ...job, request: { ...options, manifestEntries: manifest?.length } },
    request: asBytes(request),
    manifest: manifest === undefined ? undefined : asBytes(manifest),
  };
}

const asBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

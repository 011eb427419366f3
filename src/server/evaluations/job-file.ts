import { type JsonLimits, readJson } from '../../json/index.ts';
import { type EvaluationSummary, summarySchema } from './evaluation-job.ts';

/** Bytes of the largest `job.json` of this format. */
const jobBytes = 64 * 1024;
const jobLimits: JsonLimits = { bytes: jobBytes, depth: 16, nodes: 5000, elements: 1000 };

/** The beginning of every `job.json` of this format. */
const beginning = '{"formatVersion":2,"';

/** True if a `job.json` has this format; otherwise it is an earlier release's, or none. */
export const isOfThisFormat = (bytes: Uint8Array): boolean =>
  bytes.length <= jobBytes && Buffer.from(bytes.subarray(0, 20)).toString() === beginning;

/**
 * Parses a `job.json` of this format.
 * @throws SnapshelfError `request-invalid`, `body-too-large`
 * @throws ZodError If it is no job.
 */
export function parseJob(bytes: Uint8Array): EvaluationSummary {
  const { formatVersion: _, ...job } = readJson(bytes, jobLimits) as { readonly formatVersion: unknown };
  return summarySchema.parse(job);
}

/** Prints a job as `parseJob` reads it. */
export const printJob = (job: EvaluationSummary): string =>
  `${JSON.stringify({ formatVersion: 2, ...job })}\n`;

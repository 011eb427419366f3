import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Filter } from '../../gallery/index.ts';
import { type JsonLimits, list, readJson } from '../../json/index.ts';
import type { EvaluationRequest, ManifestEntry } from './job.ts';

const isUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const filter = z.custom<Filter>((value) => typeof value === 'object' && value !== null, 'expected an object');

/** What an evaluation may be asked, but for its manifest. The gallery checks filters itself, and says what is wrong. */
export const evaluationRequest: z.ZodType<EvaluationRequest> = z.strictObject({
  query: filter.optional(),
  gallery: filter.optional(),
  metrics: list(z.enum(['cosine', 'l2']), { min: 1, max: 2 })
    .refine(isUnique, 'a metric is there twice')
    .optional(),
  ks: list(z.int().min(1).max(10_000), { min: 1, max: 50 }).refine(isUnique, 'a K is there twice').optional(),
  convention: z.enum(['ours', 'paper']).optional(),
  index: z.boolean().optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
});

/** An entry of a manifest, its label of at most so many characters. */
export const manifestEntry = (labelCharacters: number): z.ZodType<ManifestEntry> =>
  z.strictObject({
    id: z.string().min(1).max(512),
    split: z.enum(['query', 'gallery']),
    label: z.string().max(labelCharacters).optional(),
  });

/** What a file of a request may hold: two filters and little else. */
const requestLimits: JsonLimits = { bytes: 8 * 2 ** 20, depth: 64, nodes: 100_000, elements: 100_000 };

/**
 * The request that an evaluation's file holds.
 * @throws SnapshelfError `request-invalid`, `body-too-large`; a ZodError; the file system's errors.
 */
export async function readRequestFile(path: string): Promise<EvaluationRequest> {
  return evaluationRequest.parse(readJson(await readFile(path), requestLimits));
}

/**
 * The manifest that an evaluation's file holds, of at most so many entries.
 * @throws as `readRequestFile`.
 */
export async function readManifestFile(path: string, entries: number): Promise<ManifestEntry[]> {
  const bytes = await readFile(path);
  const limits = { bytes: bytes.length, depth: 2, nodes: 4 * entries + 1, elements: Math.max(3, entries) };
  return list(manifestEntry(Number.MAX_SAFE_INTEGER), { max: entries }).parse(readJson(bytes, limits));
}

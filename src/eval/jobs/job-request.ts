import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Filter } from '../../engine/index.ts';
// Not from the room's index, which needs a database.
import { type JsonLimits, list, name, readJson } from '../../json/index.ts';
import { expandSchema, metricNames, metricOptionsSchema, rerankSchema } from '../../vectors/index.ts';

const isUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const filter = z.custom<Filter>((value) => typeof value === 'object' && value !== null, 'Expected an object');

/** The most characters of the name of a model. */
const maxModelName = 300;

/** The schema of the options of a request: all of it but its filters. */
export const requestOptions = z.strictObject({
  metrics: list(z.enum(metricNames), { min: 1, max: metricNames.length })
    .refine(isUnique, 'a metric is there twice')
    .optional()
    .describe("Default: the collection's own, with its numbers."),
  metricOptions: metricOptionsSchema
    .optional()
    .describe(
      "The numbers of weak-metric. Default: the collection's if it has that metric, else those of the metric.",
    ),
  ks: list(z.int().min(1).max(10_000), { min: 1, max: 50 })
    .refine(isUnique, 'a K is there twice')
    .meta({ uniqueItems: true })
    .optional()
    .describe('K of Recall@K. Default: those of the protocol.'),
  convention: z
    .enum(['by-id', 'paper', 'ours'])
    // Earlier releases called it `ours`.
    .transform((name) => (name === 'ours' ? 'by-id' : name))
    .optional()
    .describe('Whose rules the headline follows. Default by-id.'),
  splitLoss: z
    .boolean()
    .optional()
    .describe('Whether the report also says where recall is lost, stage by stage. Default false.'),
  reference: z
    .string()
    .min(1)
    .max(maxModelName)
    .optional()
    .describe(
      'With splitLoss: the name or the identity of a model that the server holds, the float32 form of that of the collection; stored pictures are embedded by it.',
    ),
  ranking: z
    .strictObject({
      expand: expandSchema.optional(),
      rerank: rerankSchema.optional(),
      views: z.literal('mean').optional(),
    })
    .optional()
    .describe(
      'The options of a search whose worth the report also tells, each in a line of its own, under cosine. Default: none.',
    ),
  index: z.boolean().optional().describe('Whether HNSW is compared with exact search. Default true.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe('Seed of the intervals, the histograms and the choice of examples. Default 0.'),
});

const request = requestOptions.extend({
  query: filter
    .optional()
    .describe('The queries. Default: the items of the split query; if there are none, all items.'),
  gallery: filter
    .optional()
    .describe(
      'The gallery. Default: the items of the split gallery if the queries are those of the split query; otherwise each query is searched among the others.',
    ),
  filter: filter.optional().describe('With splitLoss: the filter that users search with.'),
});

/** A request for an evaluation, without its manifest: plain JSON, so that it survives a restart. */
export type EvaluationRequest = Readonly<z.infer<typeof request>>;
/** The schema of a request. Filters are checked by the gallery. */
export const evaluationRequest = request;

const entry = z.strictObject({
  id: name(z.string().min(1).max(512)),
  split: z.enum(['query', 'gallery']),
  label: name(z.string()).optional().describe("Default: the item's own."),
});

/** An item of a collection as a query or a part of the gallery. */
export type ManifestEntry = Readonly<z.infer<typeof entry>>;
/**
 * Makes the schema of an entry of a manifest.
 * @param labelCharacters Most characters of its label.
 */
export const manifestEntry = (labelCharacters: number): z.ZodType<ManifestEntry, z.input<typeof entry>> =>
  entry.extend({ label: name(z.string().max(labelCharacters)).optional() });

/** Limits of the file of a request: two filters and little else. */
const requestLimits: JsonLimits = { bytes: 8 * 2 ** 20, depth: 64, nodes: 100_000, elements: 100_000 };

/**
 * Reads the file of a request.
 * @throws SnapshelfError `request-invalid`, `body-too-large`
 * @throws ZodError If it is no request.
 * @example
 * ```ts
 * import { readRequestFile } from 'snapshelf/evaluate';
 *
 * const request = await readRequestFile('request.json');
 * ```
 */
export async function readRequestFile(path: string): Promise<EvaluationRequest> {
  return evaluationRequest.parse(readJson(await readFile(path), requestLimits));
}

/**
 * Reads the file of a manifest of at most `entries` entries.
 * @throws SnapshelfError `request-invalid`, `body-too-large`
 * @throws ZodError If it is no manifest.
 */
export async function readManifestFile(path: string, entries: number): Promise<ManifestEntry[]> {
  const bytes = await readFile(path);
  const limits = { bytes: bytes.length, depth: 2, nodes: 4 * entries + 1, elements: Math.max(3, entries) };
  return list(manifestEntry(Number.MAX_SAFE_INTEGER), { max: entries }).parse(readJson(bytes, limits));
}

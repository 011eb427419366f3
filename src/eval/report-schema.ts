import { z } from 'zod';
import type { Evaluation, Example, MetricEvaluation } from './evaluation.ts';
import type { IndexComparison } from './index-recall.ts';
import type { FigureSet } from './metrics/index.ts';
import { protocols } from './source/protocol.ts';
import type { Metric } from './types.ts';

/** Most figures of a query: a comparison resamples each. */
const mostFigures = 256;

const count: z.ZodType<number> = z.int().min(0);
const positive: z.ZodType<number> = z.int().min(1);
/** Sums of shares may end a rounding above 1. */
const largestShare = 1 + 1e-9;
const share: z.ZodType<number> = z.number().min(0).max(largestShare);
/** A list of plain values: one complaint for all of them, where zod has one for each. */
const plain = <T>(holds: (value: unknown) => boolean, says: string): z.ZodType<T[]> =>
  z.custom<T[]>((value) => Array.isArray(value) && value.every(holds), `is no list of ${says}`);
/** A list that is looked into only when it is short. */
const short = <T>(most: number, element: z.ZodType<T>): z.ZodType<T[]> =>
  z
    .custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= most,
      `is no list of at most ${most}`,
    )
    .pipe(z.array(element));

const isNumber = (value: unknown): value is number => typeof value === 'number';
const texts: z.ZodType<string[]> = plain((value) => typeof value === 'string', 'texts');
const numbers: z.ZodType<number[]> = plain(isNumber, 'numbers');
const shares: z.ZodType<number[]> = plain(
  (value) => isNumber(value) && value >= 0 && value <= largestShare,
  'shares',
);
const counts: z.ZodType<number[]> = plain(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'counts',
);
const metric: z.ZodType<Metric> = z.enum(['cosine', 'l2']);

const figureSet: z.ZodType<FigureSet> = z.object({
  queries: count,
  labels: count,
  figures: short(
    mostFigures,
    z.object({
      name: z.string().max(64),
      mean: share,
      interval: z.tuple([share, share]),
      perLabel: share,
      optimistic: share,
      pessimistic: share,
    }),
  ),
});

const example: z.ZodType<Example> = z.object({
  id: z.string(),
  label: z.string(),
  found: z.boolean(),
  neighbours: short(
    100,
    z.object({ id: z.string(), label: z.string(), distance: z.number(), right: z.boolean() }),
  ),
});

const result: z.ZodType<MetricEvaluation> = z.object({
  metric: metric,
  main: figureSet,
  withoutLone: figureSet,
  loneAsMisses: figureSet,
  withoutIdentical: figureSet.nullable(),
  paper: figureSet,
  tied: count,
  worstLabels: short(
    1000,
    z.object({
      label: z.string(),
      queries: count,
      recallAt1: share,
      rPrecision: share,
      galleryItems: count,
    }),
  ),
  histogram: z.object({ edges: numbers, positive: shares, negative: shares }),
  perQuery: z.object({
    firstRelevant: counts,
    figures: z
      .custom<object>((value) => Object.keys(Object(value)).length <= mostFigures)
      .pipe(z.record(z.string().max(64), shares)),
  }),
  examples: short(1000, example),
});

const index: z.ZodType<IndexComparison> = z.object({
  metric: metric,
  m: positive,
  efConstruction: positive,
  k: positive,
  ks: counts,
  liveEf: positive,
  buildSeconds: z.number(),
  queries: count,
  exact: z.object({ recall: shares, queriesPerSecond: z.number() }),
  sweep: short(
    100,
    z.object({ ef: positive, indexRecall: share, recall: shares, queriesPerSecond: z.number() }),
  ),
});

/** The columns of every metric have a number for every query, and a metric comes once. */
function fitsTogether({ queries, results }: Evaluation): boolean {
  const rows = queries.ids.length;
  const columns = results.flatMap(({ perQuery }) => [
    perQuery.firstRelevant,
    ...Object.values(perQuery.figures),
  ]);
  return (
    queries.labels.length === rows &&
    columns.every((column) => column.length === rows) &&
    new Set(results.map((one) => one.metric)).size === results.length
  );
}

/** `evaluation.schema.json`, with what it cannot say: which lists are as long as which. */
export const evaluationSchema: z.ZodType<Evaluation> = z
  .object({
    format: z.literal('snapshelf-evaluation'),
    formatVersion: z.literal(1),
    subject: z.object({
      protocol: z.enum(protocols),
      queries: texts,
      gallery: texts.nullable(),
      model: z.object({ id: z.string(), name: z.string(), architecture: z.string() }).nullable(),
    }),
    circumstances: z.object({
      createdAt: z.string(),
      seconds: z.number(),
      command: z.string(),
      version: z.string(),
      commit: z.string().nullable(),
      node: z.string(),
      cpu: z.string(),
      cores: count,
      memoryGiB: z.number(),
      provider: z.string(),
    }),
    convention: z.enum(['by-id', 'paper']),
    rules: texts,
    ks: counts,
    seed: z.int(),
    dimension: positive,
    queries: z.object({ count: count, ids: texts, labels: texts }),
    gallery: z.object({ count: count, labels: count }),
    lone: texts,
    identical: texts.nullable(),
    results: short(2, result).refine((results) => results.length > 0, 'is empty'),
    index: index.nullable(),
    published: short(
      100,
      z.object({
        method: z.string(),
        metric: metric,
        architecture: z.string(),
        recall: plain<number | null>((value) => value === null || isNumber(value), 'numbers'),
      }),
    ).nullable(),
  })
  .refine(fitsTogether, 'has lists of different lengths');

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
const share: z.ZodType<number> = z
  .number()
  .min(0)
  .max(1 + 1e-9);
const texts: z.ZodType<string[]> = z.array(z.string());
const numbers: z.ZodType<number[]> = z.array(z.number());
const shares: z.ZodType<number[]> = z.array(share);
const metric: z.ZodType<Metric> = z.enum(['cosine', 'l2']);

const figureSet: z.ZodType<FigureSet> = z.object({
  queries: count,
  labels: count,
  figures: z
    .array(
      z.object({
        name: z.string().max(64),
        mean: share,
        interval: z.tuple([share, share]),
        perLabel: share,
        optimistic: share,
        pessimistic: share,
      }),
    )
    .max(mostFigures),
});

const example: z.ZodType<Example> = z.object({
  id: z.string(),
  label: z.string(),
  found: z.boolean(),
  neighbours: z
    .array(z.object({ id: z.string(), label: z.string(), distance: z.number(), right: z.boolean() }))
    .max(100),
});

const result: z.ZodType<MetricEvaluation> = z.object({
  metric: metric,
  main: figureSet,
  withoutLone: figureSet,
  loneAsMisses: figureSet,
  withoutIdentical: figureSet.nullable(),
  paper: figureSet,
  tied: count,
  worstLabels: z
    .array(
      z.object({
        label: z.string(),
        queries: count,
        recallAt1: share,
        rPrecision: share,
        galleryItems: count,
      }),
    )
    .max(1000),
  histogram: z.object({ edges: numbers, positive: shares, negative: shares }),
  perQuery: z.object({
    firstRelevant: z.array(count),
    figures: z
      .record(z.string().max(64), shares)
      .refine((figures) => Object.keys(figures).length <= mostFigures),
  }),
  examples: z.array(example).max(1000),
});

const index: z.ZodType<IndexComparison> = z.object({
  metric: metric,
  m: positive,
  efConstruction: positive,
  k: positive,
  ks: z.array(positive),
  liveEf: positive,
  buildSeconds: z.number(),
  queries: count,
  exact: z.object({ recall: shares, queriesPerSecond: z.number() }),
  sweep: z
    .array(z.object({ ef: positive, indexRecall: share, recall: shares, queriesPerSecond: z.number() }))
    .max(100),
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
    ks: z.array(positive),
    seed: z.int(),
    dimension: positive,
    queries: z.object({ count: count, ids: texts, labels: texts }),
    gallery: z.object({ count: count, labels: count }),
    lone: texts,
    identical: texts.nullable(),
    results: z.array(result).min(1),
    index: index.nullable(),
    published: z
      .array(
        z.object({
          method: z.string(),
          metric: metric,
          architecture: z.string(),
          recall: z.array(z.number().nullable()),
        }),
      )
      .nullable(),
  })
  .refine(fitsTogether, 'has lists of different lengths');

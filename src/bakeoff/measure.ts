import { join } from 'node:path';
import { Embedder } from '../embed/index.ts';
import { type Evaluation, embedSamples, evaluate, type Metric } from '../eval/index.ts';
import { sha256 } from '../files/index.ts';
import type { BakeoffOptions } from './bakeoff-options.ts';
import type { JobResult, Protocol } from './formats.ts';
import type { Measured } from './split.ts';

const metrics: readonly Metric[] = ['cosine', 'l2'];

/** Measures that are kept of every query, for the paired comparison; Recall@K follows from the rank. */
const kept = ['r-precision', 'map@r'] as const;

const rounded = (value: number): number => Math.round(1e4 * value) / 1e4;

/** The measures of a model. */
export type Measures = Pick<JobResult, 'figures' | 'perQuery' | 'queries' | 'leftOut'>;

function measuresOf({ results, queries }: Evaluation, { metric }: Protocol, leftOut: number): Measures {
  const headline = results.find((result) => result.metric === metric);
  if (headline === undefined) throw new TypeError(`The evaluation lacks the metric ${metric}.`);
  const { firstRelevant, figures } = headline.perQuery;
  return {
    queries: { count: queries.count, sha256: sha256(JSON.stringify(queries.ids)) },
    figures: results.map(({ metric: name, main }) => ({
      metric: name,
      means: Object.fromEntries(main.figures.map(({ name: measure, mean }) => [measure, mean])),
    })),
    perQuery: {
      firstRelevant: [...firstRelevant],
      figures: Object.fromEntries(kept.map((name) => [name, (figures[name] ?? []).map(rounded)])),
    },
    leftOut,
  };
}

/** The circumstances of a measurement. */
interface Task {
  readonly protocol: Protocol;
  readonly options: BakeoffOptions;
  readonly onPicture: () => void;
}

/**
 * Measures a model on pictures by exact search. Pictures are embedded one by one, so that the numbers do not depend on
 * which of them were ready together.
 * @throws SnapshelfError `source-invalid`, `nothing-relevant`, `vector-invalid`, and those of the embedder; the signal's
 * reason when it aborts.
 */
export async function measure(model: string, pictures: Measured, task: Task): Promise<Measures> {
  const { protocol, options, onPicture } = task;
  const { provider, threads, signal, log } = options;
  await using embedder = await Embedder.open(model, { provider, threads, maxBatch: 1, log });
  const how = { signal, onPicture, concurrency: 8 };
  const queries = await embedSamples(embedder, pictures.queries, how);
  const gallery = pictures.gallery === null ? undefined : await embedSamples(embedder, pictures.gallery, how);
  const { id, metadata } = embedder.info.model;
  const evaluation = await evaluate(
    {
      queries: queries.vectors,
      gallery: gallery?.vectors,
      subject: {
        protocol: gallery === undefined ? 'self' : 'query-gallery',
        queries: ['bake-off'],
        gallery: gallery === undefined ? null : ['bake-off'],
        model: { id, name: metadata.name, architecture: metadata.architecture },
      },
    },
    { metrics, ks: protocol.ks, worst: 0, provider, threads, signal },
  );
  return measuresOf(evaluation, protocol, queries.skipped.length + (gallery?.skipped.length ?? 0));
}

/** The file of the model of a run, which lies in its folder and goes with it. */
export const modelFile = (run: string): string => join(run, 'model.onnx');

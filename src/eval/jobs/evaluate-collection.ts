import { openEngine } from '../../engines/index.ts';
import { evaluate } from '../evaluate.ts';
import { defaultKs } from '../protocols.ts';
import type { Evaluation } from '../report/evaluation-schema.ts';
import { type CollectionVectors, readCollection } from '../sources/collection-vectors.ts';
import { givenVectors } from '../split/model-stages.ts';
import type { LiveCollection, SplitSource } from '../split/split-loss.ts';
import type { CollectionEvaluation, JobProgress } from './job.ts';

/** Options of `evaluateCollection`. */
export interface EvaluateCollectionOptions {
  /** The data folder. */
  readonly data: string;
  /** The URL of the engine that keeps its collections. Default: the data folder. */
  readonly engine?: string | undefined;
  readonly collection: string;
  readonly request: CollectionEvaluation;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly threads?: number | undefined;
  /** The origin of the request, for the report. */
  readonly command: string;
}

/** The lines of where recall is lost without the pictures: those of the stored vectors, and of searching them. */
const liveSplit = (
  place: Pick<LiveCollection, 'engine' | 'name' | 'data'>,
  { queries, gallery, metric, metricOptions, filter, products }: CollectionVectors,
): SplitSource => ({
  models: givenVectors(
    { queries, gallery },
    'float32',
    'An evaluation through the API compares the stored vectors only: it does not embed pictures again.',
  ),
  choice: { metric, metricOptions },
  live: { ...place, filter },
  factsOf: (id) => ({ productId: products.get(id) }),
});

/**
 * Evaluates a collection of a data folder, read beside the process that writes to it.
 * @throws SnapshelfError As `readCollection` and `evaluate`.
 */
export async function evaluateCollection(options: EvaluateCollectionOptions): Promise<Evaluation> {
  const { data, engine, collection, request, onProgress, threads, command } = options;
  onProgress?.({ stage: 'reading', done: 0, total: 1 });
  await using gallery = await openEngine(data, { engine, readOnly: true, createIfMissing: false });
  const read = await readCollection(gallery, collection, request);
  const { metric, metricOptions, ...input } = read;
  const metrics = request.metrics ?? [metric];
  // Awaited: it may fail before the gallery is closed, and a promise that nobody waits for ends the process.
  return await evaluate(input, {
    metrics,
    metricOptions: request.metricOptions ?? (metrics.includes('weak-metric') ? metricOptions : undefined),
    ks: request.ks ?? defaultKs[input.subject.protocol],
    convention: request.convention,
    index: request.index ?? true,
    splitLoss: request.splitLoss ? liveSplit({ engine: gallery, name: collection, data }, read) : undefined,
    ranking: request.ranking && {
      expand: request.ranking.expand,
      rerank: request.ranking.rerank,
      views: request.ranking.views !== undefined,
      productOf: (id) => read.products.get(id),
    },
    seed: request.seed,
    threads,
    command,
    onProgress: (stage, done, total) => onProgress?.({ stage, done, total }),
  });
}

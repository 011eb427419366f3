import { Embedder } from '../../embed/index.ts';
import type { Engine } from '../../engine/index.ts';
import { openEngine, type StoredPrecision } from '../../engines/index.ts';
import { storedModel } from '../../model/index.ts';
import { evaluate } from '../evaluate.ts';
import { defaultKs } from '../protocols.ts';
import type { Evaluation } from '../report/evaluation-schema.ts';
import { type CollectionVectors, readCollection } from '../sources/collection-vectors.ts';
import { splitOfCollection } from '../split/collection-split.ts';
import type { SplitSource } from '../split/split-loss.ts';
import type { CollectionEvaluation, JobProgress } from './job.ts';

/** Options of `evaluateCollection`. */
export interface EvaluateCollectionOptions {
  /** The data folder. */
  readonly data: string;
  /** The URL of the engine that keeps its collections. Default: the data folder. */
  readonly engine?: string | undefined;
  readonly collection: string;
  /** The precision in which vectors stand in memory. Default `float32`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** Its `reference` is the identity of a model of the data folder. */
  readonly request: CollectionEvaluation;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly threads?: number | undefined;
  /** The origin of the request, for the report. */
  readonly command: string;
}

/** Prepares the lines of where recall is lost, of the collection as it is served. */
async function splitOf(
  gallery: Engine,
  read: CollectionVectors,
  { data, collection, request, storedPrecision, threads, onProgress }: EvaluateCollectionOptions,
): Promise<SplitSource> {
  const { reference, filter } = request;
  return splitOfCollection(gallery, collection, read, {
    data,
    reference: reference === undefined ? undefined : (await storedModel(data, reference)).path,
    filter,
    storedPrecision,
    openEmbedder: (model) => Embedder.open(model, { provider: 'cpu', threads }),
    onPicture: (done, total) => onProgress?.({ stage: 'embedding', done, total }),
  });
}

/**
 * Evaluates a collection of a data folder, read beside the process that writes to it.
 * @throws SnapshelfError As `readCollection` and `evaluate`.
 */
export async function evaluateCollection(options: EvaluateCollectionOptions): Promise<Evaluation> {
  const { data, engine, collection, storedPrecision, request, onProgress, threads, command } = options;
  onProgress?.({ stage: 'reading', done: 0, total: 1 });
  await using gallery = await openEngine(data, {
    engine,
    storedPrecision,
    readOnly: true,
    createIfMissing: false,
  });
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
    splitLoss: request.splitLoss ? await splitOf(gallery, read, options) : undefined,
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

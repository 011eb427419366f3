import { Gallery } from '../../gallery/index.ts';
import { evaluate } from '../evaluate.ts';
import { defaultKs, type Protocol } from '../protocols.ts';
import type { Evaluation } from '../report/evaluation-schema.ts';
import { readCollection } from '../sources/collection-vectors.ts';
import type { CollectionEvaluation, JobProgress } from './job.ts';

/** Options of `evaluateCollection`. */
export interface EvaluateCollectionOptions {
  /** The data folder. */
  readonly data: string;
  readonly collection: string;
  readonly request: CollectionEvaluation;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly threads?: number | undefined;
  /** The origin of the request, for the report. */
  readonly command: string;
}

/**
 * Evaluates a collection of a data folder, read beside the process that writes to it.
 * @throws SnapshelfError As `readCollection` and `evaluate`.
 */
export async function evaluateCollection(options: EvaluateCollectionOptions): Promise<Evaluation> {
  const { data, collection, request, onProgress, threads, command } = options;
  onProgress?.({ stage: 'reading', done: 0, total: 1 });
  await using gallery = await Gallery.open(data, { readOnly: true, createIfMissing: false });
  const { queries, gallery: items, model, metric } = await readCollection(gallery, collection, request);
  const protocol: Protocol = items === undefined ? 'self' : 'query-gallery';
  const name = [`collection ${collection}`];
  const subject = {
    protocol,
    queries: name,
    gallery: items === undefined ? null : name,
    model: { ...model, architecture: '' },
  };
  return evaluate(
    { queries, gallery: items, subject },
    {
      metrics: request.metrics ?? [metric],
      ks: request.ks ?? defaultKs[protocol],
      convention: request.convention,
      index: request.index ?? true,
      seed: request.seed,
      threads,
      command,
      onProgress: (stage, done, total) => onProgress?.({ stage, done, total }),
    },
  );
}

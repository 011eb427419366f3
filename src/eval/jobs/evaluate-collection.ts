import { Gallery } from '../../gallery/index.ts';
import { evaluate } from '../evaluate.ts';
import type { Evaluation } from '../evaluation.ts';
import { readCollection } from '../source/collection.ts';
import { defaultKs, type Protocol } from '../source/protocol.ts';
import type { CollectionEvaluation, JobProgress } from './job.ts';

/** How a collection of a data folder is evaluated. */
export interface EvaluateCollectionOptions {
  /** The data folder. */
  readonly data: string;
  readonly collection: string;
  readonly request: CollectionEvaluation;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly threads?: number | undefined;
  readonly command: string;
}

/**
 * Evaluates a collection of a data folder, read beside the process that writes to it.
 * @throws what `readCollection` and `evaluate` throw.
 */
export async function evaluateCollection(options: EvaluateCollectionOptions): Promise<Evaluation> {
  const { data, collection, request, onProgress, threads, command } = options;
  onProgress?.({ stage: 'reading', done: 0, total: 1 });
  await using gallery = await Gallery.open(data, { readOnly: true, createIfMissing: false });
  const sides = await readCollection(gallery, collection, request);
  const protocol: Protocol = sides.gallery === undefined ? 'self' : 'query-gallery';
  const name = [`collection ${collection}`];
  const { queries, gallery: items, model, metric } = sides;
  const subject = {
    ...{ protocol, queries: name, gallery: items === undefined ? null : name },
    model: { ...model, architecture: '' },
  };
  return evaluate(
    { queries, gallery: items, subject },
    {
      metrics: request.metrics ?? [metric],
      ks: request.ks ?? defaultKs[protocol],
      convention: request.convention === 'paper' ? 'paper' : 'by-id',
      index: request.index ?? true,
      seed: request.seed,
      onProgress: (stage, done, total) => onProgress?.({ stage, done, total }),
      ...{ threads, command },
    },
  );
}

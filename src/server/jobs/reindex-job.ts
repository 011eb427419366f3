import { z } from 'zod';
import type { ReindexProgress, Retriever } from '../../retrieval/index.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import { messageOf } from './job-book.ts';
import type { JobKind } from './job-kind.ts';
import type { JobRecord } from './job-record.ts';

const options = z.strictObject({ model: z.string().max(64) });
const numbers = z.strictObject({ done: z.int().min(0), total: z.int().min(0) });

/** The options of a re-index: the identity of its model. */
export type ReindexOptions = z.output<typeof options>;

/** Makes the jobs that give collections the vectors of another model. */
export function reindexKind(
  retriever: Retriever,
  webhooks: Webhooks | undefined,
): JobKind<ReindexOptions, ReindexProgress> {
  const begin = async ({ id, collection, options: { model } }: JobRecord<ReindexOptions, ReindexProgress>) =>
    webhooks?.begin({ type: 'reindex.finished', collection, model, message: messageOf(id) });
  return {
    name: 'reindex',
    options,
    numbers,
    async work(job, means) {
      await begin(job);
      await retriever.reindex(job.collection, job.options.model, means);
    },
    // Interrupted work is kept for another try, but who cancels does not want one.
    undo: (collection, lease) => retriever.gallery.abortReembedding(collection, lease),
    async tell(job) {
      const { collection, state, error } = job;
      if (state === 'running') return;
      const { done, total } = shownReindex(job);
      const tellEnd = await begin(job);
      await tellEnd?.({ collection, state, done, total, ...(error && { error }) });
    },
  };
}

/** Returns the numbers of a re-index. Where the collection had the model already, nothing was to be done. */
export function shownReindex({
  state,
  numbers: kept,
}: JobRecord<ReindexOptions, ReindexProgress>): ReindexProgress {
  const { done, total } = kept ?? { done: 0, total: 0 };
  return { done: state === 'done' ? total : done, total };
}

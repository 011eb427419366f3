import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { endOf } from '../evaluations/evaluation-event.ts';
import type { Evaluations } from '../evaluations/evaluation-jobs.ts';
import type { OpenJob } from '../webhooks/open-jobs.ts';
import type { EventData, EventType } from '../webhooks/webhook-event.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';

/** The parts of a server that know how jobs have ended. */
interface Known {
  readonly retriever: Retriever;
  readonly evaluations?: Evaluations | undefined;
}

type Of<T extends EventType> = Extract<OpenJob, { type: T }>;

/** A re-index is done if the collection has the model; else the end of the process interrupted it. */
async function endOfReindex(
  { collection, model }: Of<'reindex.finished'>,
  { gallery }: Retriever,
): Promise<EventData<'reindex.finished'>> {
  const { modelId, items, reindex } = await gallery.info(collection);
  const isDone = modelId === model && reindex === undefined;
  return {
    collection,
    state: isDone ? 'done' : 'interrupted',
    done: isDone ? items : (reindex?.done ?? 0),
    total: items,
  };
}

async function endOfDuplicates(
  { collection, startedAt }: Of<'duplicates.finished'>,
  retriever: Retriever,
): Promise<EventData<'duplicates.finished'>> {
  const found = await retriever.keptDuplicates(collection);
  if (found?.startedAt !== startedAt)
    return { collection, state: 'interrupted', done: 0, total: 0, groups: 0, members: 0 };
  const { done, total, groups, members, isComplete } = found;
  const state = isComplete ? 'done' : 'interrupted';
  return { collection, state, done, total, groups: groups.length, members };
}

/** Returns how a job that an earlier process left has ended; undefined if it has not, or if nobody can say any more. */
async function endOfLeft(job: OpenJob, { retriever, evaluations }: Known) {
  try {
    if (job.type === 'reindex.finished') return await endOfReindex(job, retriever);
    if (job.type === 'duplicates.finished') return await endOfDuplicates(job, retriever);
    // One that is not over begins anew, and tells its end then.
    return evaluations && endOf(evaluations.get(job.collection, job.evaluation));
  } catch (error) {
    if (error instanceof SnapshelfError && ['collection-not-found', 'item-not-found'].includes(error.code))
      return undefined;
    throw error;
  }
}

/** Tells webhooks the ends of the jobs that an earlier process did not live to tell. */
export async function tellLeft(webhooks: Webhooks, known: Known, log: Logger): Promise<void> {
  await webhooks
    .tellLeft((job) => endOfLeft(job, known))
    .catch((error: unknown) => log.error('jobs of an earlier process cannot be told to webhooks', { error }));
}

import type { EventData } from '../webhooks/webhook-event.ts';
import { type EvaluationSummary, isOver } from './evaluation-job.ts';

/** Returns what webhooks are told of an evaluation; undefined for one that is not over. */
export function endOf(job: EvaluationSummary): EventData<'evaluation.finished'> | undefined {
  if (!isOver(job)) return undefined;
  const { id: evaluation, collection, state } = job;
  return {
    collection,
    evaluation,
    state,
    ...(state === 'done' && job.figures && { figures: job.figures }),
    ...(state === 'failed' && job.error && { error: job.error }),
  };
}

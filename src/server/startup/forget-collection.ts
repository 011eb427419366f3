import { join } from 'node:path';
import { silentLogger } from '../../log.ts';
// Not from the room's index, which has only its public exports.
import { checkpointPath, removeCheckpoint } from '../../retrieval/duplicates/checkpoint.ts';
import { EvaluationStore } from '../evaluations/evaluation-store.ts';
import { forgetAnswers } from '../idempotency/answer-store.ts';

/**
 * Removes the duplicates of a collection that is gone, and the answers of requests about it. A later collection of that name must
 * not have them.
 */
export async function forgetFindings(data: string, collection: string): Promise<void> {
  await removeCheckpoint(checkpointPath(data, collection));
  await forgetAnswers(join(data, 'idempotency'), collection);
}

/** Removes all that a data folder, which no server has open, keeps of a collection that is gone. */
export async function forgetCollection(data: string, collection: string): Promise<void> {
  const evaluations = new EvaluationStore(join(data, 'evaluations'), silentLogger);
  for (const job of await evaluations.load())
    if (job.collection === collection) await evaluations.remove(job.id);
  await forgetFindings(data, collection);
}

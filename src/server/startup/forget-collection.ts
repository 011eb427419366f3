import { join } from 'node:path';
import { FolderRecords, type Records } from '../../engine/index.ts';
import { silentLogger } from '../../log.ts';
// Not from the room's index, which has only its public exports.
import { checkpointOf, removeCheckpoint } from '../../retrieval/duplicates/checkpoint.ts';
import { forgetImports } from '../../retrieval/import-together.ts';
import { EvaluationStore } from '../evaluations/evaluation-store.ts';
import { forgetAnswers } from '../idempotency/answer-store.ts';

/**
 * Removes the duplicates of a collection that is gone, its imports, and the answers of requests about it. A later collection of that name
 * must not have them.
 */
export async function forgetFindings(records: Records, collection: string): Promise<void> {
  await removeCheckpoint(checkpointOf(records, collection));
  await forgetAnswers(records, collection);
  await forgetImports(records, collection);
}

/**
 * Removes all that a data folder, which no server has open, keeps of a collection that is gone.
 * @param records those of its engine. Default: the files of the folder
 */
export async function forgetCollection(
  data: string,
  collection: string,
  records: Records = new FolderRecords(data),
): Promise<void> {
  const evaluations = new EvaluationStore(join(data, 'evaluations'), silentLogger);
  for (const job of await evaluations.load())
    if (job.collection === collection) await evaluations.remove(job.id);
  await forgetFindings(records, collection);
}

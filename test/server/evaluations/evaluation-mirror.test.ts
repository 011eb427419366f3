import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../src/log.ts';
import type { QueuedJob } from '../../../src/server/evaluations/evaluation-job.ts';
import { EvaluationMirror } from '../../../src/server/evaluations/evaluation-mirror.ts';
import { SharedRecords } from '../../engine/support/shared-records.ts';

test('an evaluation that the engine did not hand out is seen when it answers again', async () => {
  const records = new SharedRecords();
  const job = {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    collection: 'shop',
    state: 'queued',
    createdAt: '2031-05-01T10:00:00.000Z',
    progress: null,
    request: {},
  };
  await new EvaluationMirror(records, 'nowhere', silentLogger).save(job as Partial<QueuedJob> as QueuedJob);
  const mirror = new EvaluationMirror(records, 'nowhere', silentLogger);
  records.isUnreadable = true;
  await assert.rejects(mirror.changes(), { code: 'engine-unavailable' });
  records.isUnreadable = false;
  assert.equal((await mirror.changes()).jobs.length, 1);
  assert.equal((await mirror.changes()).jobs.length, 0);
});

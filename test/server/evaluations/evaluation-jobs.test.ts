import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { runJob } from '../../../src/eval/index.ts';
import { Evaluations } from '../../../src/server/index.ts';
import { temporaryFolder } from '../../gallery/support/gallery.ts';

type Run = typeof runJob;

/** Runs no process: each job waits until the test ends it. */
function runner() {
  const ends: { readonly done: (figures: object) => void; readonly fail: (error: Error) => void }[] = [];
  const progress: ((done: number) => void)[] = [];
  const run: Run = (_job, { signal, onProgress } = {}) =>
    new Promise((resolve, reject) => {
      ends.push({ done: (figures) => resolve(figures as Awaited<ReturnType<Run>>), fail: reject });
      progress.push((done) => onProgress?.({ stage: 'searching', done, total: 10 }));
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  return { run, ends, progress };
}

/** Waits until a job is in a state: what is between two states is one write to the disk. */
async function until(evaluations: Evaluations, id: string, state: string): Promise<void> {
  while (evaluations.get('shop', id).state !== state) await turn();
}

test('a job passes its states: queued, running, done; what it has follows from its state', async (t) => {
  const { run, ends, progress } = runner();
  const evaluations = await Evaluations.open(await temporaryFolder(t), { run });
  const first = await evaluations.start('shop', { ks: [1] });
  const second = await evaluations.start('shop', { ks: [5] });
  assert.deepEqual([first.state, second.state, second.progress], ['running', 'queued', null]);
  progress[0]?.(3);
  assert.deepEqual(evaluations.get('shop', first.id).progress, { stage: 'searching', done: 3, total: 10 });
  ends[0]?.done({ cosine: { 'recall@1': 0.5 } });
  await until(evaluations, first.id, 'done');
  const done = evaluations.get('shop', first.id);
  assert.deepEqual(done.state === 'done' && done.figures, { cosine: { 'recall@1': 0.5 } });
  await until(evaluations, second.id, 'running');
  ends[1]?.fail(new Error('no'));
  await until(evaluations, second.id, 'failed');
  const failed = evaluations.get('shop', second.id);
  assert.equal(failed.state === 'failed' && failed.error?.code, 'internal');
  await evaluations.close();
});

test('what was running when the folder was closed begins anew, in its old place', async (t) => {
  const data = await temporaryFolder(t);
  const before = await Evaluations.open(data, { run: runner().run });
  const first = await before.start('shop', {});
  const second = await before.start('shop', {});
  await before.close();
  const { run, ends } = runner();
  const after = await Evaluations.open(data, { run });
  assert.deepEqual(
    [first, second].map(({ id }) => after.get('shop', id).state),
    ['running', 'queued'],
  );
  ends[0]?.done({});
  await until(after, second.id, 'running');
  await after.close();
});

test('one that was cancelled in the moment in which it was done stays cancelled', async (t) => {
  const { run, ends } = runner();
  const evaluations = await Evaluations.open(await temporaryFolder(t), { run });
  const { id } = await evaluations.start('shop', {});
  const cancelled = evaluations.cancel('shop', id);
  ends[0]?.done({});
  assert.equal((await cancelled)?.state, 'cancelled');
  assert.equal(evaluations.get('shop', id).state, 'cancelled');
  await evaluations.close();
});

test('options out of range are refused', async (t) => {
  const data = await temporaryFolder(t);
  for (const options of [
    { kept: -1 },
    { kept: 0.5 },
    { keptDays: -1 },
    { maxQueue: -1 },
    { concurrency: -1 },
  ])
    await assert.rejects(Evaluations.open(data, options), RangeError);
});

// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { RestartingThread } from '../../../src/gallery/api/restarting-thread.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { silentLogger } from '../../../src/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-restart-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const script = new URL(`./support/dying-thread${import.meta.url.slice(-3)}`, import.meta.url);
const modelId = 'a'.repeat(64);

test('a thread that dies is started anew, with all that was acknowledged', { timeout: 60_000 }, async () => {
  await using gallery = await Gallery.open(join(folder, 'data'), { script });
  await gallery.create({ name: 'shop', modelId, modelName: 'm', dimension: 2, metric: 'cosine' });
  await gallery.upsert('shop', modelId, [{ id: 'mug', vector: Float32Array.of(1, 0), imageHash: '' }]);
  assert.ok(gallery.isAlive);
  await assert.rejects(gallery.info('die'), { code: 'worker-died' });
  assert.ok(!gallery.isAlive);
  assert.equal((await gallery.get('shop', 'mug')).id, 'mug');
  assert.ok(gallery.isAlive);
  await gallery.upsert('shop', modelId, [{ id: 'cup', vector: Float32Array.of(0, 1), imageHash: '' }]);
  assert.equal((await gallery.info('shop')).items, 2);
});

/** A thread that dies when told. */
function fakeThread() {
  let die: (error: SnapshelfError) => void = () => {};
  const ended = new Promise<SnapshelfError>((resolve) => {
    die = resolve;
  });
  const thread = { ended, call: async () => 'answer' as never, close: async () => {} };
  return { thread, die: () => die(new SnapshelfError('worker-died', 'It has ended.')) };
}

test('threads that die one after the other are given up, and that is told', async () => {
  const started: ReturnType<typeof fakeThread>[] = [];
  const launch = async () => {
    const fake = fakeThread();
    started.push(fake);
    return fake.thread;
  };
  const calls = await RestartingThread.start(launch, silentLogger);
  for (let i = 0; i < 3; i += 1) {
    assert.equal(await calls.call('info', ['shop']), 'answer');
    started.at(-1)?.die();
    await started.at(-1)?.thread.ended;
  }
  assert.equal((await calls.failed).code, 'worker-died');
  assert.deepEqual([started.length, calls.isAlive], [3, false]);
  await assert.rejects(calls.call('info', ['shop']), { code: 'worker-died' });
  await calls.close();
});

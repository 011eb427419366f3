import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { removeUnfinished } from '../../../src/gallery/worker/unfinished-folders.ts';
import { temporaryFolder } from '../support/gallery.ts';

/** Puts files into a folder, one after the other, until it is gone. */
const writer = `
  const { writeFileSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  for (let i = 0; i < 1e5; i++) {
    try {
      writeFileSync(workerData + '/new-' + i, '');
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      break;
    }
    if (i === 100) parentPort.postMessage('began');
  }`;

test('a folder that a process still writes to is removed: the restore of a killed server ends a moment after it', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, '.new-0123456789ab');
  mkdirSync(folder);
  // So many that the writer makes others while they are removed.
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, String(i)), '');
  mkdirSync(join(root, 'shop'));
  const worker = new Worker(writer, { eval: true, workerData: folder });
  t.after(() => worker.terminate());
  await new Promise((resolve) => worker.once('message', resolve));
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  removeUnfinished(root);
  await ended;
  assert.ok(!existsSync(folder));
  assert.deepEqual(readdirSync(root), ['shop']);
});

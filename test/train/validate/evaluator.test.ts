import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { readBatch } from '../../../src/train/validate/evaluator.ts';

const samples = ['good', 'bad', 'other'].map((id) => ({ id, path: id, label: 'a', productId: 'a' }));

/** Reads a byte of every picture but the bad one. */
const failing =
  (error: unknown) =>
  async ({ path }: { readonly path: string }) => {
    if (path === 'bad') throw error;
    return Uint8Array.of(path.length);
  };

const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

const ofThePicture = [
  new SnapshelfError('image-corrupt', 'The image is damaged.'),
  systemError('ENOENT', 'open'),
  systemError('EACCES', 'open'),
  systemError('EISDIR', 'read'),
];

const ofTheRun = [
  new SnapshelfError('closed', 'It was closed.'),
  new SnapshelfError('worker-died', 'A thread ended.'),
  new SnapshelfError('inference-failed', 'ONNX Runtime failed.'),
  new SnapshelfError('disk-full', 'There is no space left.'),
  systemError('ENOSPC', 'write'),
  systemError('EMFILE', 'open'),
  new RangeError('Array buffer allocation failed'),
];

for (const error of ofThePicture)
  test(`a picture that cannot be read is left out or told: ${error.message}`, async () => {
    const warnings: string[] = [];
    const log = {
      debug: () => {},
      info: () => {},
      warn: (text: string) => warnings.push(text),
      error: () => {},
    };
    const { samples: kept, pixels } = await readBatch(samples, { skipBad: true, log }, failing(error));
    assert.deepEqual(
      kept.map(({ id }) => id),
      ['good', 'other'],
    );
    assert.deepEqual([...pixels], [4, 5]);
    assert.deepEqual(warnings, [`left out of the validation: bad: ${error.message}`]);
    await assert.rejects(readBatch(samples, {}, failing(error)), { code: 'source-invalid', cause: error });
  });

for (const error of ofTheRun)
  test(`what is not the picture's fault ends the run also with skipBad: ${error.message}`, async () => {
    for (const skipBad of [true, false])
      await assert.rejects(readBatch(samples, { skipBad }, failing(error)), (thrown) => thrown === error);
  });

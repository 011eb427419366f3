import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warnOfInt8 } from '../../src/embed/warn-of-int8.ts';
import { silentLogger } from '../../src/log.ts';
import { readModelFile } from '../../src/model/index.ts';

test('an int8 model on CUDA is warned about, and neither a float model there nor an int8 one on the CPU', async () => {
  const { metadata } = await readModelFile('imagenet-lite0');
  const { quantization, ...float } = metadata;
  assert.ok(quantization);
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  warnOfInt8(metadata, 'cpu', log);
  warnOfInt8(float, 'cuda', log);
  assert.deepEqual(warnings, []);
  warnOfInt8(metadata, 'cuda', log);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^imagenet-lite0 is an int8 model, and CUDA has no int8 convolution/);
});

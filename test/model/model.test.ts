import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import {
  type ModelMetadata,
  metadataKey,
  parseMetadata,
  readModelFile,
  serializeMetadata,
} from '../../src/model/index.ts';
import { decodeModel, encodeModel, makeTensor, setProperty } from '../../src/onnx/index.ts';
import { meanColour } from '../embed/support/models.ts';
import { fixture } from '../support/repository.ts';

const metadata: ModelMetadata = {
  formatVersion: 1,
  name: 'shop',
  architecture: 'resnet50',
  dimension: 2048,
  preprocessing: {
    resize: { mode: 'short-side', size: 256, filter: 'bilinear' },
    crop: { width: 224, height: 224 },
  },
  weightsSha256: 'ab'.repeat(32),
  training: { recipe: 'in-shop', recallAt1: 0.9 },
  projection: { from: 2048, dimension: 512 },
  quantization: { type: 'int8', keptFloat: ['conv1'] },
  createdAt: '2026-11-21T00:00:00.000Z',
};
const parse = (value: unknown): ModelMetadata =>
  parseMetadata(new Map([[metadataKey, JSON.stringify(value)]]));
const withCode = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;

test('metadata comes back as it was written', () => {
  assert.deepEqual(parseMetadata(new Map([[metadataKey, serializeMetadata(metadata)]])), metadata);
});

test('every field is checked and named', () => {
  const wrong: readonly [string, unknown][] = [
    ['name', { ...metadata, name: '' }],
    ['architecture', { ...metadata, architecture: 5 }],
    ['dimension', { ...metadata, dimension: 0.5 }],
    ['formatVersion', { ...metadata, formatVersion: 2 }],
    ['preprocessing', { ...metadata, preprocessing: null }],
    [
      'preprocessing.crop.width',
      { ...metadata, preprocessing: { ...metadata.preprocessing, crop: { width: 1e9, height: 1 } } },
    ],
    [
      'preprocessing.resize.mode',
      { ...metadata, preprocessing: { ...metadata.preprocessing, resize: { mode: 'stretch' } } },
    ],
    [
      'preprocessing.resize.filter',
      {
        ...metadata,
        preprocessing: { ...metadata.preprocessing, resize: { mode: 'short-side', size: 5, filter: 'x' } },
      },
    ],
    ['weightsSha256', { ...metadata, weightsSha256: 'AB'.repeat(32) }],
    ['createdAt', { ...metadata, createdAt: 'yesterday' }],
    ['training', { ...metadata, training: [] }],
    ['projection', { ...metadata, projection: 512 }],
    ['quantization', { ...metadata, quantization: 'int8' }],
    [metadataKey, []],
  ];
  for (const [field, value] of wrong)
    assert.throws(
      () => parse(value),
      (error: Error) => withCode('model-invalid')(error) && error.message.includes(field),
      field,
    );
  assert.throws(() => parseMetadata(new Map()), withCode('model-invalid'));
  assert.throws(() => parseMetadata(new Map([[metadataKey, '{']])), withCode('model-invalid'));
});

test('a model is identified by the SHA-256 of its file, read without holding up the event loop', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-model-'));
  const path = join(folder, 'large.onnx');
  const weights = new Float32Array(8 << 20);
  const model = decodeModel(meanColour(224, 0));
  model.graph?.initializer.push(makeTensor('w', 'float32', [weights.length], weights));
  setProperty(model, metadataKey, serializeMetadata({ ...metadata, dimension: 3 }));
  const bytes = encodeModel(model);
  writeFileSync(path, bytes);
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 1);
  const file = await readModelFile(path).finally(() => {
    clearInterval(ticking);
    rmSync(folder, { recursive: true });
  });
  assert.equal(file.id, createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual(file.metadata, { ...metadata, dimension: 3 });
  assert.ok(turns >= 2, `${turns} turns of the event loop`);
});

test('a file that is missing, no ONNX, or no model of ours is told apart', async () => {
  await assert.rejects(readModelFile(fixture('onnx', 'none.onnx')), withCode('model-not-found'));
  await assert.rejects(readModelFile(fixture('onnx')), withCode('model-not-found'));
  await assert.rejects(readModelFile(fixture('onnx', 'expected.json')), withCode('onnx-invalid'));
  await assert.rejects(readModelFile(fixture('onnx', 'typed.onnx')), withCode('model-invalid'));
});

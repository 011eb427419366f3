import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import {
  type ModelMetadata,
  metadataKey,
  parseMetadata,
  readModelFile,
  serializeMetadata,
} from '../../src/model/index.ts';
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
    ['format version', { ...metadata, formatVersion: 2 }],
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
    ['training', { ...metadata, training: [] }],
    ['metadata', []],
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

test('a file that is missing, no ONNX, or no model of ours is told apart', async () => {
  await assert.rejects(readModelFile(fixture('onnx', 'none.onnx')), withCode('model-not-found'));
  await assert.rejects(readModelFile(fixture('onnx', 'expected.json')), withCode('onnx-invalid'));
  await assert.rejects(readModelFile(fixture('onnx', 'typed.onnx')), withCode('model-invalid'));
});

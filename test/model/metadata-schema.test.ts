import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readModelFile, serializeMetadata } from '../../src/model/index.ts';
import { repositoryRoot } from '../support/repository.ts';

const text = readFileSync(fileURLToPath(import.meta.resolve('snapshelf/metadata.schema.json')), 'utf8');
const accepts = new Ajv2020({ strict: false }).compile(JSON.parse(text));

test('the published schema accepts the metadata of a shipped model and refuses what the parser refuses', async () => {
  const { metadata } = await readModelFile(`${repositoryRoot}/models/snapshelf-lite.onnx`);
  const plain = JSON.parse(serializeMetadata(metadata));
  assert.equal(accepts(plain), true, JSON.stringify(accepts.errors));
  for (const wrong of [
    { ...plain, formatVersion: 2 },
    { ...plain, dimension: 0 },
    { ...plain, name: '' },
    { ...plain, preprocessing: undefined },
    { ...plain, preprocessing: { ...plain.preprocessing, resize: { mode: 'stretch' } } },
    { ...plain, weightsSha256: 'x' },
  ])
    assert.equal(accepts(JSON.parse(JSON.stringify(wrong))), false, JSON.stringify(wrong));
});

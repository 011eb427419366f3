import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { defaultModel, readModelFile, shippedModels } from '../../src/model/index.ts';
import { repositoryRoot } from '../support/repository.ts';

test('the models that ship are files of the package, each with a card, and the default is one of them', async () => {
  assert.ok([...shippedModels.values()].includes(defaultModel));
  const files = readdirSync(join(repositoryRoot, 'models'));
  for (const [name, path] of shippedModels) {
    assert.equal(dirname(path), join(repositoryRoot, 'models'));
    assert.equal((await readModelFile(path)).metadata.name, name);
    assert.ok(files.includes(basename(path).replace(/onnx$/, 'md')), `${name} has no card`);
  }
});

test('a model that ships is known by its name, and a file that is not there is told which ones there are', async () => {
  for (const [name, path] of shippedModels) assert.equal((await readModelFile(name)).path, path);
  await assert.rejects(readModelFile('imagenet'), {
    code: 'model-not-found',
    message:
      'There is no model file imagenet. The models that ship are named snapshelf-generalist, imagenet-lite0, snapshelf-lite.',
  });
});

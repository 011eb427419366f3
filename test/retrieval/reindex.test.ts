import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Retriever } from '../../src/retrieval/index.ts';
import { stripes } from '../support/pictures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

test('a change of the model that goes on counts the items that have their vectors already', async (t) => {
  const folder = temporaryFolder(t);
  const [one, other] = ['one.onnx', 'other.onnx'].map((name) => join(folder, name)) as [string, string];
  await writeTinyModel(one);
  await writeTinyModel(other, { seed: 2 });
  await using retriever = await Retriever.open(join(folder, 'data'), { model: one });
  await retriever.createCollection('shop');
  const image = await stripes(30, 5);
  await retriever.add(
    'shop',
    Array.from({ length: 70 }, (_, at) => ({ id: `i${at}`, image })),
  );
  const stop = new AbortController();
  const gone = new Error('interrupted');
  const told: [number, number][] = [];
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }): void => {
    told.push([done, total]);
    stop.abort(gone);
  };
  await assert.rejects(retriever.reindex('shop', other, { onProgress, signal: stop.signal }), gone);
  await retriever.reindex('shop', other, { onProgress });
  assert.deepEqual(told.slice(0, 2), [
    [64, 70],
    [70, 70],
  ]);
});

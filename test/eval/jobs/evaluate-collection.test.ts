import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateCollection } from '../../../src/eval/jobs/evaluate-collection.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { item, modelId, settings, temporaryFolder } from '../../gallery/support/gallery.ts';

/** What is evaluated, and the code of the error. */
const hopeless = [
  { of: [], code: 'source-invalid' },
  { of: [item('a', [1, 0])], code: 'source-invalid' },
  { of: [item('a', [1, 0], { label: 'x' })], code: 'nothing-relevant' },
  { of: [item('a', [1, 0], { label: 'x' }), item('b', [0, 1])], code: 'nothing-relevant' },
  { of: [item('a', [1, 0], { label: 'x' }), item('b', [0, 1], { label: 'y' })], code: 'nothing-relevant' },
  { of: [item('a', [1, 0], { label: 'x', split: 'query' })], code: 'source-invalid' },
] as const;

test('a collection without anything to find is an error that the caller gets, and that ends no process', async (t) => {
  const data = await temporaryFolder(t);
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  {
    await using gallery = await Gallery.open(data);
    for (const [i, { of }] of hopeless.entries()) {
      await gallery.create(settings(`c${i}`, 2));
      if (of.length > 0) await gallery.upsert(`c${i}`, modelId, of);
    }
    await gallery.create(settings('gone', 2));
    const pair = ['a', 'b'].map((id) => item(id, [1, 0], { label: 'x' }));
    await gallery.upsert('gone', modelId, pair);
  }
  const evaluated = (collection: string, request = {}) =>
    evaluateCollection({ data, collection, request, threads: 1, command: '' });
  for (const [i, { code }] of hopeless.entries()) await assert.rejects(evaluated(`c${i}`), { code }, `${i}`);
  const manifest = [
    { id: 'a', split: 'query' },
    { id: 'deleted', split: 'gallery' },
  ] as const;
  await assert.rejects(evaluated('gone', { manifest }), { code: 'item-not-found' });
  await assert.rejects(evaluated('gone', { ks: [0] }), RangeError);
  assert.deepEqual(unhandled, []);
});

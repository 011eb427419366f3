// slow: starts processes
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateCollection } from '../../../src/eval/jobs/evaluate-collection.ts';
import type { CollectionEvaluation } from '../../../src/eval/jobs/job.ts';
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

test('a request for where recall is lost, and for options of ranking, compares the stored vectors with searches of the live collection', async (t) => {
  const data = await temporaryFolder(t);
  {
    await using gallery = await Gallery.open(data);
    await gallery.create(settings('shop', 2));
    const items = ['a', 'b', 'c', 'd'].map((id, at) =>
      item(id, [1, at], { label: at < 2 ? 'x' : 'y', productId: `p${at % 2}` }),
    );
    await gallery.upsert('shop', modelId, [...items, item('e', [1, 0.5])]);
  }
  const ranking = { expand: { n: 1 }, views: 'mean' } as const;
  const request: CollectionEvaluation = { splitLoss: true, ranking, ks: [1], metrics: ['l2'] };
  const { splitLoss, ranking: order } = await evaluateCollection({
    data,
    collection: 'shop',
    request,
    threads: 1,
    command: '',
  });
  // The collection is under cosine: its searches are compared under that, whatever else is measured.
  assert.equal(splitLoss?.metric, 'cosine');
  assert.deepEqual(
    splitLoss.rows.map(({ stage, missing }) => [stage, missing === null]),
    [
      ['float32', true],
      ['int8', false],
      ['shortened', false],
      ['stored', true],
      ['index', true],
      ['filter', false],
      ['products', true],
    ],
  );
  assert.deepEqual(
    order?.rows.map(({ line, note }) => [line, note]),
    [
      ['plain', null],
      ['expand', 'n 1, alpha 3; a second search comes to the time of the expansion.'],
      ['max', null],
      ['mean', null],
    ],
  );
});

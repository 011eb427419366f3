import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvaluateOptions } from '../../src/cli/evaluate-options.ts';
import { parseSource } from '../../src/cli/evaluation-source.ts';

const options = (more: Partial<EvaluateOptions> = {}): EvaluateOptions => ({
  query: [],
  gallery: [],
  metric: 'both',
  convention: 'by-id',
  seed: 0,
  provider: 'auto',
  batch: 8,
  ...more,
});

test('sources, or query and gallery, are pictures that a model embeds', () => {
  const source = parseSource(['photos'], options({ model: 'm.onnx', protocol: 'self' }));
  assert.deepEqual(source, {
    from: 'pictures',
    request: { sources: ['photos'], query: [], gallery: [], protocol: 'self' },
    model: 'm.onnx',
  });
  assert.equal(parseSource([], options({ query: ['q'], gallery: ['g'], model: 'm.onnx' })).from, 'pictures');
  assert.throws(() => parseSource(['photos'], options()), /--model is missing/);
});

test('vectors are those of query and gallery, or with --self one file', () => {
  const self = options({ self: true, vectors: 'v.npy', labels: 'l.txt', ids: 'i.txt' });
  assert.deepEqual(parseSource([], self), {
    from: 'vectors',
    queries: { vectors: 'v.npy', labels: 'l.txt', ids: 'i.txt' },
    gallery: undefined,
  });
  const query = { queryVectors: 'q.npy', queryLabels: 'q.txt' };
  assert.throws(() => parseSource([], options(query)), /--gallery-vectors is missing/);
  const both = parseSource([], options({ ...query, galleryVectors: 'g.npy', galleryLabels: 'g.txt' }));
  assert.ok(both.from === 'vectors');
  assert.equal(both.gallery?.vectors, 'g.npy');
});

test('a collection is that of a data folder', () => {
  const asked = options({ collection: 'shop', data: 'data' });
  assert.deepEqual(parseSource([], asked), {
    from: 'collection',
    data: 'data',
    engine: undefined,
    pictureStore: undefined,
    collection: 'shop',
  });
  assert.throws(() => parseSource([], options({ collection: 'shop' })), /--data is missing/);
});

test('no source, several, or options of another one are refused', () => {
  const several: readonly [readonly string[], Partial<EvaluateOptions>][] = [
    [[], {}],
    [['photos'], { collection: 'shop' }],
    [[], { collection: 'shop', self: true }],
    [['photos'], { queryVectors: 'q.npy' }],
  ];
  for (const [sources, more] of several)
    assert.throws(
      () => parseSource(sources, options({ model: 'm.onnx', ...more })),
      /^RangeError: Give one of/,
    );
  for (const more of [{ model: 'm.onnx' }, { protocol: 'self' }] as const)
    assert.throws(
      () => parseSource([], options({ collection: 'shop', data: 'd', ...more })),
      /are for pictures/,
    );
});

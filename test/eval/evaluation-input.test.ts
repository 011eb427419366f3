import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type LabelledVectors } from '../../src/eval/index.ts';
import { drawnVectors, pick } from './support/drawn.ts';

const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
const options = { ks: [1, 5], provider: 'cpu', threads: 1 } as const;

/** Two of each vector under different labels, so that ties decide. */
const tied = (() => {
  const drawn = drawnVectors(30, 4);
  const hashes = drawn.ids.map((id) => `hash ${id}`);
  return pick(
    { ...drawn, hashes },
    [...drawn.ids.keys()].flatMap((row) => [row, row]),
  ) as LabelledVectors;
})();
const set: LabelledVectors = {
  ...tied,
  ids: tied.ids.map((_, row) => `id ${String(row).padStart(3, '0')}`),
  labels: tied.labels.map((label, row) => (row % 2 === 0 ? label : `${label} again`)),
};

test('the order in which vectors are given changes no figure: rows are put in the order of their ids', async () => {
  const order = [...set.ids.keys()].sort((a, b) => ((a * 37) % 60) - ((b * 37) % 60));
  const plain = await evaluate({ queries: set, subject }, options);
  const given = await evaluate({ queries: pick(set, order), subject }, options);
  assert.deepEqual({ ...given, circumstances: plain.circumstances }, plain);
});

test('ids that are there twice, labels that lack and zero vectors under cosine are refused', async () => {
  const twice = { ...set, ids: set.ids.map((id, row) => (row === 7 ? (set.ids[6] as string) : id)) };
  await assert.rejects(
    evaluate({ queries: twice, subject }, options),
    /RangeError: query.ids must ascend, each once/,
  );
  const short = { ...set, labels: set.labels.slice(1) };
  await assert.rejects(
    evaluate({ queries: short, subject }, options),
    /one label for each of 60 query vectors, not 59/,
  );
  const zero = { ...set, vectors: set.vectors.map((value, at) => (at < set.dimension ? 0 : value)) };
  await assert.rejects(evaluate({ queries: zero, subject }, options), {
    code: 'vector-invalid',
    message: /row 0 \("id 000"\) is zero, which has no cosine/,
  });
  await evaluate({ queries: zero, subject }, { ...options, metrics: ['l2'] });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type LabelledVectors } from '../../src/eval/index.ts';

/** Vectors on a line, so that the nearest of each is plain to see. */
const placed = (
  places: readonly number[],
  labels: readonly string[],
  prefix: string,
  hashes?: readonly string[],
): LabelledVectors => ({
  vectors: Float32Array.from(places.flatMap((place) => [place, 1])),
  dimension: 2,
  ids: places.map((_, row) => `${prefix}${row}`),
  labels,
  hashes,
});

const subject = { protocol: 'query-gallery', queries: ['q'], gallery: ['g'], model: null } as const;
const self = { protocol: 'self', queries: ['q'], gallery: null, model: null } as const;
const l2 = ['l2'] as const;

test('queries and gallery without a label in common are an error that names the labels of both', async () => {
  const queries = placed([0, 1], ['hat', 'dress'], 'q');
  const gallery = placed([0, 1], ['Hat', 'gown'], 'g');
  await assert.rejects(evaluate({ queries, gallery, subject }, { ks: [1] }), {
    code: 'nothing-relevant',
    message: /"hat", "dress".*"Hat", "gown"/,
  });
  const lone = placed([0, 1, 2], ['a', 'b', 'c'], 'q');
  await assert.rejects(evaluate({ queries: lone, subject: self }, { ks: [1] }), {
    code: 'nothing-relevant',
    message: /each of the 3 labels .* one picture only/,
  });
});

test('too few vectors are an error that says how many there are', async () => {
  for (const [places, message] of [
    [[0], /at least two vectors, not 1\./],
    [[], /at least two vectors, not 0\./],
  ] as const) {
    const queries = placed(places, places.map(String), 'q');
    await assert.rejects(evaluate({ queries, subject: self }, { ks: [1] }), {
      code: 'nothing-relevant',
      message,
    });
  }
  const [one, none] = [placed([0], ['hat'], 'q'), placed([], [], 'g')];
  await assert.rejects(evaluate({ queries: one, gallery: none, subject }, { ks: [1] }), {
    code: 'nothing-relevant',
    message: /1 query, 0 vectors in the gallery\. Give at least one of each\.$/,
  });
  await assert.rejects(evaluate({ queries: none, gallery: one, subject }, { ks: [1] }), {
    code: 'nothing-relevant',
    message: /0 queries, 1 vector in the gallery\./,
  });
});

test('one label in common is enough', async () => {
  const queries = placed([0, 1], ['hat', 'dress'], 'q');
  const gallery = placed([0, 1], ['hat', 'gown'], 'g');
  const { lone } = await evaluate({ queries, gallery, subject }, { ks: [1], metrics: l2 });
  assert.deepEqual(lone, ['q1']);
});

test('K above the size of the gallery are left out and named', async () => {
  const queries = placed([0, 1, 5, 6], ['a', 'a', 'b', 'b'], 'q');
  const gallery = placed([0, 6], ['a', 'b'], 'g');
  const both = await evaluate({ queries, gallery, subject }, { ks: [1, 2, 3, 50], metrics: l2 });
  assert.deepEqual(
    [both.ks, both.ksLeftOut],
    [
      [1, 2],
      [3, 50],
    ],
  );
  const alone = await evaluate({ queries, subject: self }, { ks: [1, 3, 4], metrics: l2 });
  assert.deepEqual([alone.ks, alone.ksLeftOut], [[1, 3], [4]]);
  await assert.rejects(evaluate({ queries, gallery, subject }, { ks: [1.5] }), RangeError);
});

test('confusions count queries whose nearest item has another label, the most frequent pair first', async () => {
  const queries = placed([0, 0.1, 0.2, 9, 9.1, 20], ['a', 'a', 'a', 'b', 'c', 'lone'], 'q');
  const gallery = placed([0, 9, 30], ['b', 'c', 'a'], 'g');
  const { results } = await evaluate({ queries, gallery, subject }, { ks: [1], metrics: l2 });
  assert.deepEqual(results[0]?.confusions, [
    { label: 'a', as: 'b', queries: 3 },
    { label: 'b', as: 'c', queries: 1 },
  ]);
});

test('the same picture under two labels is named, on either side', async () => {
  const queries = placed([0, 1, 2], ['hat', 'cap', 'hat'], 'q', ['x', 'y', '']);
  const gallery = placed([0, 1, 2, 3], ['cap', 'cap', 'hat', 'dress'], 'g', ['x', 'y', '', '']);
  const { labelConflicts } = await evaluate({ queries, gallery, subject }, { ks: [1], metrics: l2 });
  assert.deepEqual(labelConflicts, {
    pictures: 1,
    shown: [
      [
        { side: 'query', id: 'q0', label: 'hat' },
        { side: 'gallery', id: 'g0', label: 'cap' },
      ],
    ],
  });
  const unknown = await evaluate(
    { queries: { ...queries, hashes: undefined }, gallery, subject },
    { ks: [1], metrics: l2 },
  );
  assert.equal(unknown.labelConflicts, null);
});

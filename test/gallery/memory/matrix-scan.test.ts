import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { exactSearchOf } from '../../../src/gallery/index.ts';
import { distanceFrom, type Metric, type Neighbour } from '../../../src/vectors/index.ts';
import { normals } from '../ann/vectors.ts';

const [count, dimension] = [700, 20];
const next = normals(4);
const vectors = Float32Array.from({ length: count * dimension }, next);
// Equal rows, and one without direction.
vectors.copyWithin(300 * dimension, 0, 40 * dimension);
vectors.fill(0, 500 * dimension, 501 * dimension);

test('rows of a matrix are found as in a collection, to the last tie', () => {
  for (const metric of ['cosine', 'l2'] satisfies Metric[]) {
    const search = exactSearchOf({ vectors, dimension }, { metric });
    for (const row of [0, 320, 500, 699]) {
      const query = vectors.slice(row * dimension, (row + 1) * dimension);
      const distance = distanceFrom(query, { metric });
      const all = Array.from(
        { length: count },
        (_, sequence): Neighbour => ({ sequence, distance: distance(vectors, sequence * dimension) }),
      ).sort((a, b) => a.distance - b.distance || a.sequence - b.sequence);
      for (const k of [1, 25, count + 5]) deepEqual(search(query, k), all.slice(0, k));
    }
  }
});

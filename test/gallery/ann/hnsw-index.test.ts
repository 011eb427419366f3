// slow: takes seconds

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import { randomNumbers } from '../../../src/random.ts';
import type { Metric, Neighbour } from '../../../src/vectors/index.ts';
import { enginesHere, toleranceOf } from './engines-here.ts';
import { bruteForce, clustered, withFolder } from './vectors.ts';

const state = { modelId: 'a'.repeat(64), sequence: 7 };
const vec = (...numbers: number[]): Float32Array => Float32Array.from(numbers);
const sequencesOf = (found: readonly Neighbour[]): number[] => found.map(({ sequence }) => sequence);

// The contract of an index: each engine under each metric that has an order of its own keeps it.

function assertNeighbours(
  found: readonly Neighbour[],
  expected: readonly Neighbour[],
  tolerance: number,
): void {
  assert.deepEqual(sequencesOf(found), sequencesOf(expected));
  for (const [i, { distance }] of found.entries()) {
    const error = Math.abs(distance - (expected[i]?.distance ?? Number.NaN));
    assert.ok(error <= tolerance * Math.max(1, distance), `distance ${i} is off by ${error}`);
  }
}

type Check = (name: string, run: () => void) => void;
type Create = (dimension: number, capacity?: number) => HnswIndex;

/** An engine under a metric. */
interface Suite {
  readonly check: Check;
  readonly create: Create;
  readonly metric: Metric;
  readonly tolerance: number;
}

function emptyAndSmall({ check, create, tolerance }: Suite): void {
  check('an empty index finds nothing', () => {
    const index = create(3);
    assert.deepEqual(index.search(vec(1, 2, 3), 5), []);
    assert.deepEqual([index.size, index.deletedShare, [...index.sequences()]], [0, 0, []]);
  });

  check('one item is found, however many are asked for', () => {
    const index = create(3);
    index.add(42, vec(1, 2, 3));
    for (const k of [1, 1000, 2 ** 40])
      assertNeighbours(index.search(vec(1, 2, 3), k), [{ sequence: 42, distance: 0 }], tolerance);
  });

  check('it grows beyond its capacity', () => {
    const index = create(2, 1);
    for (let i = 0; i < 50; i++) index.add(i, vec(Math.cos(i / 50), Math.sin(i / 50)));
    assert.equal(index.search(vec(1, 0), 100).length, 50);
  });

  check('sequences are any safe integers, above 32 bits too', () => {
    const index = create(2);
    const sequences = [0, 2 ** 31, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER];
    sequences.forEach((sequence, i) => {
      index.add(sequence, vec(1, i));
    });
    assert.deepEqual(sequencesOf(index.search(vec(1, 0), 4)), sequences);
  });
}

function ties({ check, create, metric, tolerance }: Suite): void {
  check('equal distances are answered by sequence', () => {
    const index = create(2);
    for (const sequence of [9, 3, 7, 1]) index.add(sequence, vec(0, 2));
    index.add(5, vec(1, 0));
    assert.deepEqual(sequencesOf(index.search(vec(1, 0), 4)), [5, 1, 3, 7]);
  });

  check('of duplicates, the smallest sequences', () => {
    const index = create(4);
    for (let sequence = 3000; sequence > 0; sequence--) index.add(sequence, vec(1, 2, 3, 4));
    assert.deepEqual(sequencesOf(index.search(vec(4, 3, 2, 1), 5)), [1, 2, 3, 4, 5]);
    assert.equal(index.search(vec(1, 2, 3, 4), 5000).length, 3000);
  });

  check('zero vectors, stored and asked for', () => {
    const index = create(2);
    const vectors = new Map([
      [4, vec(0, 0)],
      [3, vec(-0, 0)],
      [2, vec(-1, 0)],
      [1, vec(1, 1)],
    ]);
    for (const [sequence, vector] of vectors) index.add(sequence, vector);
    for (const query of [vec(1, 0), vec(0, 0), vec(-1, -1)])
      for (const k of [1, 2, 4])
        assertNeighbours(index.search(query, k), bruteForce(vectors, query, metric).slice(0, k), tolerance);
  });
}

function changes({ check, create, metric, tolerance }: Suite): void {
  check('deleted items do not appear and do not count', () => {
    const index = create(2);
    for (let i = 0; i < 20; i++) index.add(i, vec(1, i));
    for (let i = 0; i < 20; i += 2) index.delete(i);
    index.delete(999);
    assert.equal(index.size, 10);
    assert.deepEqual(sequencesOf(index.search(vec(1, 0), 20)), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    assert.deepEqual([index.has(1), index.has(2)], [true, false]);
    assert.equal(index.deletedShare, 0.5);
    for (let i = 0; i < 20; i++) index.delete(i);
    assert.deepEqual(index.search(vec(1, 0), 5), []);
  });

  check('any sequence of adds and deletes gives what a map would', () => {
    const number = fc.integer({ min: -3, max: 3 });
    const change = fc.record({
      sequence: fc.integer({ min: 0, max: 12 }),
      vector: fc.option(fc.tuple(number, number, number)),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.tuple(number, number, number), (list, asked) => {
        const index = create(3, 1);
        const model = new Map<number, Float32Array>();
        for (const { sequence, vector } of list) {
          if (vector === null) index.delete(sequence);
          else index.add(sequence, vec(...vector));
          if (vector === null) model.delete(sequence);
          else model.set(sequence, vec(...vector));
        }
        assert.equal(index.size, model.size);
        assert.deepEqual([...index.sequences()].sort(), [...model.keys()].sort());
        const expected = bruteForce(model, vec(...asked), metric);
        const found = index.search(vec(...asked), 20);
        assertSameDistances(found, expected, model.size, tolerance);
      }),
      { numRuns: 150 },
    );
  });
}

/** As `assertNeighbours`, but rounding may swap what is nearly equally far. */
function assertSameDistances(
  found: readonly Neighbour[],
  expected: readonly Neighbour[],
  k: number,
  tolerance: number,
): void {
  const truth = new Map(expected.map(({ sequence, distance }) => [sequence, distance]));
  assert.equal(found.length, Math.min(k, expected.length));
  for (const [i, { sequence, distance }] of found.entries()) {
    const allowed = tolerance * Math.max(1, distance);
    assert.ok(Math.abs(distance - (truth.get(sequence) ?? Number.NaN)) <= allowed, `sequence ${sequence}`);
    assert.ok(Math.abs(distance - (expected[i]?.distance ?? Number.NaN)) <= allowed, `rank ${i}`);
  }
}

function againstBruteForce({ check, create, metric, tolerance }: Suite): void {
  check('finds what brute force in float64 finds', () => {
    const finite = fc.float({ min: -1000, max: 1000, noNaN: true });
    const point = fc.array(finite, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 40 }), point, (points, asked) => {
        const index = create(5);
        const vectors = new Map(points.map((numbers, sequence) => [sequence, vec(...numbers)]));
        for (const [sequence, vector] of vectors) index.add(sequence, vector);
        const expected = bruteForce(vectors, vec(...asked), metric);
        assertSameDistances(index.search(vec(...asked), 10), expected, 10, tolerance);
      }),
      { numRuns: 150 },
    );
  });

  check('recall@10 on clusters with a clump of duplicates', () => {
    const all = clustered(5200, 64, 100);
    const queries = all.splice(5000);
    const vectors = new Map(
      all.map((vector, sequence) => [sequence, sequence < 1000 ? (all[0] ?? vector) : vector]),
    );
    const index = create(64);
    for (const [sequence, vector] of vectors) index.add(sequence, vector);
    const recall = meanRecall(index, vectors, queries, metric, tolerance);
    assert.ok(recall >= 0.95, `recall ${recall}`);
  });
}

/** The share of the ten nearest that is found; ties count by distance. */
function meanRecall(
  index: HnswIndex,
  vectors: ReadonlyMap<number, Float32Array>,
  queries: readonly Float32Array[],
  metric: Metric,
  tolerance: number,
): number {
  let hits = 0;
  for (const query of queries.slice(0, 50)) {
    const farthest = bruteForce(vectors, query, metric)[9]?.distance ?? 0;
    const found = index.search(query, 10);
    hits += found.filter(({ distance }) => distance <= farthest + tolerance * Math.max(1, farthest)).length;
  }
  return hits / 500;
}

function several({ check, create, metric }: Suite): void {
  check('many at a time are what one after the other are, twins and replacements among them', () => {
    const all = clustered(300, 8, 30);
    const one = create(8, 1);
    const many = create(8, 1);
    // Sequence numbers come again with another vector, and vectors with another sequence number.
    const entries = all.map((_, i) => [i % 250, all[i % 7 === 0 ? 0 : i] ?? vec()] as const);
    for (const [sequence, vector] of entries) one.add(sequence, vector);
    many.addAll(entries);
    const facts = (of: HnswIndex): unknown => [of.size, [...of.sequences()].sort()];
    assert.deepEqual(facts(many), facts(one));
    const vectors = new Map(entries);
    const truth = all
      .slice(0, 40)
      .map((query) => sequencesOf(bruteForce(vectors, query, metric)).slice(0, 3));
    for (const index of [one, many]) {
      const found = all.slice(0, 40).map((query) => sequencesOf(index.search(query, 3, { ef: 300 })));
      const same = found.flat().filter((sequence, i) => sequence === truth.flat()[i]).length;
      assert.ok(same >= 0.95 * truth.flat().length, `${same} of ${truth.flat().length}`);
    }
  });

  check('replaced again and again, it finds what there is', () => {
    const rounds = clustered(2400, 16, 20);
    const index = create(16);
    const vectors = new Map<number, Float32Array>();
    for (let start = 0; start < rounds.length; start += 400) {
      const entries = rounds.slice(start, start + 400).map((vector, i) => [i, vector] as const);
      index.addAll(entries);
      for (const [sequence, vector] of entries) vectors.set(sequence, vector);
    }
    assert.equal(index.size, 400);
    let hits = 0;
    for (const query of rounds.slice(0, 50)) {
      const truth = new Set(sequencesOf(bruteForce(vectors, query, metric).slice(0, 10)));
      hits += sequencesOf(index.search(query, 10)).filter((sequence) => truth.has(sequence)).length;
    }
    assert.ok(hits >= 0.97 * 500, `${hits} of 500`);
  });

  // A node whose place was given away is found no more by those that it linked: 25 of 6,451 were lost so.
  check('after any changes every vector is found by itself', () => {
    const random = randomNumbers(3);
    const index = create(4);
    const vectors = new Map<number, Float32Array>();
    for (let change = 0; change < 4000; change += 1) {
      const sequence = Math.floor(150 * random());
      if (random() < 0.25) {
        index.delete(sequence);
        vectors.delete(sequence);
      } else {
        const vector = Float32Array.from({ length: 4 }, () => random());
        index.add(sequence, vector);
        vectors.set(sequence, vector);
      }
      if (change % 100 !== 99) continue;
      for (const [own, vector] of vectors)
        assert.ok(sequencesOf(index.search(vector, 12)).includes(own), `${own} after ${change} changes`);
    }
  });
}

function misuse({ check, create }: Suite): void {
  check('misuse is a RangeError and changes nothing', () => {
    const index = create(2);
    index.add(1, vec(1, 1));
    for (const sequence of [-1, 1.5, Number.NaN, 2 ** 53])
      assert.throws(() => index.add(sequence, vec(1, 1)), RangeError);
    for (const vector of [vec(1), vec(1, 2, 3), vec(1, Number.NaN), vec(Number.POSITIVE_INFINITY, 0)]) {
      assert.throws(() => index.add(1, vector), RangeError);
      assert.throws(() => index.search(vector, 1), RangeError);
    }
    for (const k of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      for (const one of [index, create(2)]) assert.throws(() => one.search(vec(1, 1), k), RangeError);
    assert.deepEqual(sequencesOf(index.search(vec(1, 1), 3)), [1]);
  });
}

function saving({ check, create, metric }: Suite): void {
  check('saved and loaded, it answers the same and goes on', () => {
    const vectors = clustered(600, 16, 20);
    withFolder((folder) => {
      const index = create(16);
      for (const [sequence, vector] of vectors.entries()) index.add(sequence * 2 ** 30, vector);
      for (let i = 0; i < 600; i += 3) index.delete(i * 2 ** 30);
      index.add(5, vectors[1] ?? vec());
      index.save(folder, state);
      const loaded = loadIndex(folder, { ...state, metric, dimension: 16 });
      assert.ok('index' in loaded, JSON.stringify(loaded));
      assert.equal(loaded.sequence, 7);
      const next = loaded.index;
      const facts = (of: HnswIndex): unknown => [of.size, of.deletedShare, [...of.sequences()].sort()];
      assert.deepEqual(facts(next), facts(index));
      for (const query of vectors.slice(0, 50))
        assert.deepEqual(next.search(query, 7), index.search(query, 7));
      for (const one of [index, next]) {
        one.add(6, vectors[2] ?? vec());
        one.delete(5);
        for (let i = 0; i < 100; i++)
          one.add(
            10 + i,
            Float32Array.from({ length: 16 }, (_, j) => i + j),
          );
      }
      for (const query of vectors.slice(0, 50))
        assert.deepEqual(next.search(query, 7), index.search(query, 7));
    });
  });

  check('an empty index is saved and loaded', () => {
    withFolder((folder) => {
      create(3).save(folder, state);
      const loaded = loadIndex(folder, { ...state, metric, dimension: 3 });
      assert.ok('index' in loaded, JSON.stringify(loaded));
      loaded.index.add(1, vec(1, 2, 3));
      assert.deepEqual(sequencesOf(loaded.index.search(vec(1, 2, 3), 3)), [1]);
    });
  });
}

for (const { engine, skip } of enginesHere)
  for (const metric of ['cosine', 'l2'] as const) {
    const suite: Suite = {
      check: (name, run) => void test(`${engine}, ${metric}: ${name}`, { skip }, run),
      create: (dimension, capacity) => HnswIndex.create({ engine, metric, dimension, capacity }),
      metric,
      tolerance: toleranceOf(engine, metric),
    };
    emptyAndSmall(suite);
    ties(suite);
    changes(suite);
    againstBruteForce(suite);
    several(suite);
    misuse(suite);
    saving(suite);
  }

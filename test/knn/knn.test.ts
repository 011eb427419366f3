// slow: takes several seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import type { LabelledVectors, Metric, Ranking } from '../../src/eval/types.ts';
import { type KnnOptions, knn } from '../../src/knn/index.ts';
import { RequiredNeighbours } from '../../src/metrics/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { rowOf } from '../../src/vectors/index.ts';
import { randomRows, rankingsByDefinition, setOf } from './support/vectors.ts';

const metrics: readonly Metric[] = ['cosine', 'l2'];
/** Bytes that give blocks of a few rows, of some dozens, and one block of everything. */
const memories = [4000, 40_000, 2 ** 26];
const count = 110;
const dimension = 19;

type Options = Pick<KnnOptions, 'memory' | 'signal' | 'onProgress'> & {
  metric: Metric;
  depth: number;
  self?: boolean;
};

async function searched(
  query: LabelledVectors,
  gallery: LabelledVectors,
  options: Options,
): Promise<Ranking[]> {
  const { metric: distance, depth: k, self: excludeSelf, ...others } = options;
  const required = new RequiredNeighbours(query, excludeSelf ? undefined : gallery);
  const how = { k, distance, excludeSelf, required, provider: 'cpu', threads: 1, ...others } as const;
  const rankings: Ranking[] = [];
  for await (const ranking of knn(query, gallery, how)) rankings.push(ranking);
  return rankings.sort((a, b) => a.query - b.query);
}

/** Fails with the first difference only. */
function assertSame(actual: readonly Ranking[], expected: readonly Ranking[], about: string): void {
  for (const [at, ranking] of expected.entries())
    assert.deepEqual(actual[at], ranking, `${about}, query ${at}`);
  assert.equal(actual.length, expected.length);
}

const noise = randomRows(count, dimension, 1);
const label = (row: number): string => `label-${(row * 7) % 40}`;
const tiny = (value: number): number => Math.round(value * 64) * 2 ** -14;
/** One cluster with many items, whose distances lie close together. */
const hub = noise.map((row) => row.map((value, i) => (i === 0 ? 1 : value * 3e-2)));

/** Sets that are hard in one way each. */
const sets: Readonly<Record<string, LabelledVectors>> = {
  noise: setOf(noise, label),
  'all equal': setOf(
    noise.map(() => noise[0] ?? []),
    label,
  ),
  'every vector three times': setOf(
    noise.map((_, row) => noise[row % 50] ?? []),
    label,
  ),
  'few whole numbers, many ties': setOf(
    noise.map((row) => row.map((value, i) => (i < 3 ? Math.round(value * 2) : 1))),
    label,
  ),
  'tiny differences far from zero': setOf(
    noise.map((row) => row.map((value) => 1000 + tiny(value))),
    label,
  ),
  'two far clusters of tiny differences': setOf(
    noise.map((row, at) => row.map((value) => (at % 2 === 0 ? 1000 : -3000) + tiny(value))),
    label,
  ),
  'one crowded direction': setOf(hub, label),
  'one label': setOf(noise, () => 'all'),
  'every label once': setOf(noise, String),
  'two items of each label': setOf(noise, (row) => String(row >> 1)),
  'lengths from 1e-30 to 1e30': setOf(
    noise.map((row, at) => row.map((value) => value * 10 ** (((at * 13) % 61) - 30))),
    label,
  ),
  'all around 1e-30': setOf(
    noise.map((row) => row.map((value) => value * 3e-20)),
    label,
  ),
  'all around 1e30': setOf(
    noise.map((row) => row.map((value) => value * 1e30)),
    label,
  ),
  'one number each': setOf(
    noise.map((row) => [(row[0] ?? 0) + 2]),
    label,
  ),
};

for (const [place, [name, set]] of Object.entries(sets).entries())
  test(`${name}: each against the rest, as by definition, in blocks of any size`, async () => {
    for (const metric of metrics)
      for (const [turn, depth] of [1, 6, count + 5].entries()) {
        const expected = rankingsByDefinition(set, set, { metric, depth, self: true });
        // Each set with every depth and every size of blocks; each pair of the two in a third of the sets.
        const memory = memories[(place + turn) % memories.length];
        assertSame(
          await searched(set, set, { metric, depth, self: true, memory }),
          expected,
          `${metric} ${depth} ${memory}`,
        );
      }
  });

test('queries against a gallery, as by definition, also where a query has no relevant item', async () => {
  const gallery = setOf(randomRows(240, dimension, 2), label);
  const query = setOf(randomRows(70, dimension, 3), (row) => `label-${row}`, 'query');
  for (const metric of metrics)
    for (const depth of [1, 20, 240]) {
      const expected = rankingsByDefinition(query, gallery, { metric, depth });
      for (const memory of memories)
        assert.deepEqual(await searched(query, gallery, { metric, depth, memory }), expected);
    }
});

test('items that only float32 makes equally far from a distant query are tied', async () => {
  const gallery = setOf(
    noise.map((row) => row.slice(0, 2)),
    label,
  );
  const query = setOf(
    [
      [2 ** 20, 3],
      [-3e7, 2e7],
      [2 ** 70, 0],
    ],
    label,
    'query',
  );
  const expected = rankingsByDefinition(query, gallery, { metric: 'l2', depth: 4 });
  assert.ok((expected[0]?.neighbours.length ?? 0) > 4);
  assertSame(await searched(query, gallery, { metric: 'l2', depth: 4 }), expected, 'distant');
});

test('a query leaves its ranking by id, wherever it stands in the gallery, and only there', async () => {
  const gallery = setOf(randomRows(90, dimension, 7), label);
  const rows = [3, 4, 50, 89];
  const query: LabelledVectors = {
    vectors: Float32Array.from([...rows, 5].flatMap((row) => [...rowOf(gallery, row)])),
    dimension,
    ids: [...rows.map((row) => gallery.ids[row] ?? ''), 'stranger'],
    labels: [...rows, 5].map(label),
  };
  for (const distance of metrics)
    for (const memory of memories) {
      const nearest: number[][] = [];
      const options = { k: 1, distance, excludeSelf: true, provider: 'cpu', threads: 1, memory } as const;
      for await (const { query: row, neighbours } of knn(query, gallery, options))
        nearest[row] = [...neighbours];
      for (const [at, row] of rows.entries()) {
        const [expected] = rankingsByDefinition(
          { ...setOf([[...rowOf(gallery, row)]], label), labels: ['none'] },
          { ...gallery, labels: gallery.labels },
          { metric: distance, depth: 2 },
        );
        assert.deepEqual(nearest[at], [expected?.neighbours[1]]);
      }
      assert.deepEqual(nearest[4], [5], 'the stranger has the vector of row 5 and finds it');
    }
});

test('many dimensions', async () => {
  const [query, gallery] = [
    setOf(randomRows(30, 2048, 4), label),
    setOf(
      randomRows(300, 2048, 5).map((row, at) => row.map((value) => value + at / 300)),
      label,
    ),
  ];
  for (const metric of metrics) {
    const expected = rankingsByDefinition(query, gallery, { metric, depth: 10 });
    assert.deepEqual(await searched(query, gallery, { metric, depth: 10, memory: 2 ** 21 }), expected);
  }
});

test('random sets with random ties, depths, labels and blocks, as by definition', async () => {
  const random = randomNumbers(6);
  const below = (most: number): number => 1 + Math.floor(random() * most);
  for (let round = 0; round < 40; round += 1) {
    const [rows, steps, labels, depth] = [below(200), below(9), below(30), below(12)];
    const drawn = randomRows(rows, below(9), round).map((row) => [
      ...row.map((value) => Math.round(value * steps)),
      round % 3 === 0 ? 0 : 1,
    ]);
    const set = setOf(drawn, (row) => String((row * 31) % labels));
    const self = random() < 0.5;
    const options = { metric: metrics[round % 2] ?? 'l2', depth, self, memory: 500 * below(200) };
    assert.deepEqual(await searched(set, set, options), rankingsByDefinition(set, set, options));
  }
});

test('with hashes, a ranking reaches past pictures identical to the query, where there is another', async () => {
  const hashed = (rows: readonly (readonly number[])[]): LabelledVectors => ({
    ...setOf(rows, (row) => String(row % 25)),
    hashes: rows.map((_, row) => (row % 11 === 0 ? '' : String(row % 50))),
  });
  const set = hashed(noise.map((_, row) => noise[row % 50] ?? []));
  for (const metric of metrics)
    for (const self of [true, false]) {
      const expected = rankingsByDefinition(set, set, { metric, depth: 1, self });
      assert.deepEqual(await searched(set, set, { metric, depth: 1, self }), expected);
    }
});

test('a single item has no neighbours in self-retrieval, and is found otherwise', async () => {
  const set = setOf([[3, 4]], () => 'only');
  for (const metric of metrics) {
    const [alone] = await searched(set, set, { metric, depth: 3, self: true });
    assert.equal(alone?.neighbours.length, 0);
    const [found] = await searched(set, set, { metric, depth: 3 });
    assert.deepEqual(found, { query: 0, neighbours: Uint32Array.of(0), distances: Float32Array.of(0) });
  }
});

test('progress grows to the total, and other work has its turn', async () => {
  const set = sets['noise'] as LabelledVectors;
  const seen: number[] = [];
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const onProgress = (done: number, total: number): void => {
    assert.equal(total, count);
    seen.push(done);
  };
  await searched(set, set, { metric: 'cosine', depth: 5, self: true, memory: 1000, onProgress });
  clearInterval(timer);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), count);
  assert.ok(turns > 0);
});

test('an aborted signal ends the search with its reason, before and between blocks', async () => {
  const set = sets['noise'] as LabelledVectors;
  const reason = new Error('enough');
  const options = { metric: 'l2', depth: 5, self: true, memory: 2000 } as const;
  await assert.rejects(searched(set, set, { ...options, signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  let done = 0;
  const { depth: k, metric: distance, memory } = options;
  const { signal } = controller;
  const search = knn(set, set, { k, distance, excludeSelf: true, memory, provider: 'cpu', signal });
  await assert.rejects(async () => {
    for await (const _ of search) {
      done += 1;
      controller.abort(reason);
    }
  }, reason);
  assert.ok(done < count);
});

const coded = (code: string, row: number) => (error: unknown) =>
  error instanceof SnapshelfError &&
  error.code === code &&
  error.details['row'] === row &&
  error.message.includes(`"item-000${row}"`);

test('vectors that cannot be compared are refused by row and id', async () => {
  const broken = (row: number, value: readonly number[]): LabelledVectors =>
    setOf(
      noise.map((own, at) => (at === row ? value : own)),
      label,
    );
  const whole = sets['noise'] as LabelledVectors;
  const zero = new Array<number>(dimension).fill(0);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const metric of metrics) {
      const set = broken(7, [...zero.slice(1), bad]);
      await assert.rejects(searched(set, whole, { metric, depth: 1 }), coded('vector-invalid', 7));
      await assert.rejects(searched(whole, set, { metric, depth: 1 }), coded('vector-invalid', 7));
    }
});

test('zero vectors are at distance 1 from everything under cosine, each other included', async () => {
  const zero = new Array<number>(dimension).fill(0);
  for (const every of [1, 2, 5]) {
    const set = setOf(
      noise.map((own, at) => (at % every === 0 ? zero : own)),
      label,
    );
    for (const metric of metrics)
      for (const memory of memories) {
        const options = { metric, depth: 4, self: true };
        const expected = rankingsByDefinition(set, set, options);
        assertSame(await searched(set, set, { ...options, memory }), expected, `${metric} ${every}`);
      }
  }
});

test('sets and options that make no sense are refused', async () => {
  const set = setOf(
    [
      [1, 2],
      [3, 4],
    ],
    label,
  );
  const good = { metric: 'l2', depth: 1 } as const;
  const empty: LabelledVectors = { vectors: new Float32Array(), dimension: 2, ids: [], labels: [] };
  const cases: [LabelledVectors, LabelledVectors, Options, RegExp][] = [
    [empty, set, good, /no query vectors/],
    [set, empty, good, /no gallery vectors/],
    [{ ...set, dimension: 3 }, set, good, /4 numbers are not 2 query vectors of dimension 3/],
    [{ ...set, dimension: 0 }, set, good, /dimension must .* 0/],
    [set, set, { ...good, depth: 0 }, /k .* 0/],
    [set, set, { ...good, depth: 1.5 }, /k .* 1.5/],
    [set, set, { ...good, memory: -1 }, /memory .* -1/],
    [set, { ...set, ids: ['b', 'a'] }, good, /gallery.ids must ascend.*"a" in row 1 comes after "b"/],
    [{ ...set, ids: ['a', 'a'] }, set, good, /query.ids must ascend, each once.*"a" in row 1/],
  ];
  for (const [query, gallery, options, message] of cases)
    await assert.rejects(searched(query, gallery, options), (error: unknown) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  await assert.rejects(searched(set, set, { ...good, metric: 'dot' as Metric }), {
    name: 'TypeError',
    message: 'distance must be "cosine" or "l2" or "weak" or "weak-metric", not "dot".',
  });
  const other = setOf([[1, 2, 3]], label);
  await assert.rejects(
    searched(set, other, good),
    (error: unknown) => error instanceof SnapshelfError && error.code === 'dimension-mismatch',
  );
});

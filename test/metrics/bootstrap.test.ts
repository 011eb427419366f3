import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bootstrapIntervals, type PerQuery, pairedBootstrap } from '../../src/metrics/index.ts';
import { randomNumbers } from '../../src/random.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The percentile bootstrap as written down, with numpy's default percentile. */
function intervalByDefinition(values: readonly number[], resamples: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const means = Array.from({ length: resamples }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b);
  return [0.025, 0.975].map((share) => {
    const place = share * (resamples - 1);
    const [low = 0, high = low] = means.slice(Math.floor(place), Math.floor(place) + 2);
    return low + (high - low) * (place % 1);
  });
}

test('intervals are those of the definition, for counts odd and even', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(),
      (values, resamples, seed) => {
        const expected = intervalByDefinition(values, resamples, seed);
        // A second column must not change the draws of the first.
        const columns = [Float64Array.from(values), new Float64Array(values.length)];
        const [found = [], zeros] = bootstrapIntervals(columns, { resamples, seed });
        for (const [at, value] of found.entries())
          assert.ok(Math.abs(value - (expected[at] ?? Number.NaN)) < 1e-12, `${value} ${expected[at]}`);
        assert.deepEqual(zeros, [0, 0]);
      },
    ),
    { seed: 2, numRuns: 200 },
  );
});

test('an interval of many hits and misses is that of the normal distribution', () => {
  const values = Float64Array.from({ length: 4000 }, (_, at) => (at % 10 < 7 ? 1 : 0));
  const half = 1.96 * Math.sqrt((0.7 * 0.3) / values.length);
  const [[low, high] = [0, 0]] = bootstrapIntervals([values]);
  assert.ok(Math.abs(low - (0.7 - half)) < 0.1 * half && Math.abs(high - (0.7 + half)) < 0.1 * half);
});

test('the same seed gives the same intervals, another one others', () => {
  const values = [Float64Array.from({ length: 50 }, (_, at) => at)];
  assert.deepEqual(bootstrapIntervals(values, { seed: 5 }), bootstrapIntervals(values, { seed: 5 }));
  assert.notDeepEqual(bootstrapIntervals(values, { seed: 5 }), bootstrapIntervals(values, { seed: 6 }));
});

const runOf = (values: readonly number[]): PerQuery => ({ ids: values.map((_, row) => `id-${row}`), values });

test('a paired comparison counts wins and resamples differences', () => {
  const random = randomNumbers(3);
  const a = Array.from({ length: 101 }, () => Math.round(random() * 4) / 4);
  const b = a.map((value) => (random() < 0.5 ? value : Math.round(random() * 4) / 4));
  const result = pairedBootstrap(runOf(a), runOf(b), { resamples: 200, seed: 9 });
  const differences = a.map((value, at) => value - (b[at] ?? 0));
  const [low = 0, high = 0] = intervalByDefinition(differences, 200, 9);
  assert.ok(Math.abs(result.difference - (mean(a) - mean(b))) < 1e-12);
  assert.ok(Math.abs(result.interval[0] - low) < 1e-12 && Math.abs(result.interval[1] - high) < 1e-12);
  const wins = differences.filter((value) => value > 0).length;
  const losses = differences.filter((value) => value < 0).length;
  assert.ok(wins > 0 && losses > 0);
  assert.deepEqual(
    [result.wins, result.losses, result.equal, result.queries],
    [wins, losses, 101 - wins - losses, 101],
  );
  const other = pairedBootstrap(runOf(b), runOf(a), { resamples: 200, seed: 9 });
  assert.ok(Math.abs(other.interval[0] + result.interval[1]) < 1e-12);
});

test('a small but constant gain is certain, where separate intervals overlap', () => {
  const random = randomNumbers(4);
  const a = Array.from({ length: 100 }, () => random());
  const result = pairedBootstrap(runOf(a.map((value) => value + 0.01)), runOf(a));
  assert.ok(result.interval[0] > 0.009 && result.interval[1] < 0.011);
  assert.equal(result.wins, 100);
});

test('misuse throws and shows the value', () => {
  assert.throws(() => bootstrapIntervals([]), RangeError);
  assert.throws(() => bootstrapIntervals([new Float64Array(2), new Float64Array(3)]), RangeError);
  assert.throws(() => pairedBootstrap(runOf([1]), runOf([1, 2])), /^RangeError: .* 1 and 2 queries/);
  assert.throws(() => pairedBootstrap(runOf([]), runOf([])), RangeError);
  assert.throws(() => pairedBootstrap(runOf([Number.NaN]), runOf([1])), /^RangeError: .*"id-0"/);
  const renamed = { ids: ['other'], values: [1] };
  assert.throws(() => pairedBootstrap(runOf([1]), renamed), /^RangeError: .* 0: "id-0" and "other"/);
  assert.throws(() => pairedBootstrap({ ids: ['a'], values: [] }, renamed), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeMetric,
  isSameMetric,
  isSettledMetric,
  type Metric,
  settleMetric,
} from '../../src/vectors/metric.ts';
import { probabilityProblem } from '../../src/vectors/probabilities.ts';

test('a choice is settled with its defaults, and refused where the formula has no meaning', () => {
  assert.deepEqual(settleMetric({ metric: 'l2' }), { metric: 'l2' });
  assert.deepEqual(settleMetric({ metric: 'weak' }), { metric: 'weak' });
  const metric = 'weak-metric';
  assert.deepEqual(settleMetric({ metric }), { metric, metricOptions: { a: 1, b: 0.8, P: 0.5 } });
  assert.deepEqual(settleMetric({ metric, metricOptions: { P: 1 } }).metricOptions, { a: 1, b: 0.8, P: 1 });
  assert.throws(() => settleMetric({ metric: 'dot' as Metric }), TypeError);
  assert.throws(
    () => settleMetric({ metric: 'weak', metricOptions: { a: 1 } }),
    /must be left out with the metric weak/,
  );
  for (const metricOptions of [
    { a: 0 },
    { a: Number.NaN },
    { a: 2e6 },
    { b: 0 },
    { b: 1.1, a: 2 },
    { P: 0 },
    { P: 1e-7 },
    { P: 1.1 },
    { a: 0.5 },
    { c: 1 },
  ])
    assert.throws(() => settleMetric({ metric, metricOptions }), RangeError, JSON.stringify(metricOptions));
});

test('a stored choice has all its numbers; two are the same with the same numbers', () => {
  const metric = 'weak-metric';
  const settled = settleMetric({ metric });
  assert.ok(isSettledMetric(settled) && isSettledMetric({ metric: 'cosine' }));
  assert.ok(!isSettledMetric({ metric }) && !isSettledMetric({ metric: 'weak', metricOptions: { a: 1 } }));
  assert.ok(isSameMetric(settled, { metric }));
  assert.ok(!isSameMetric(settled, { metric, metricOptions: { P: 0.4 } }));
  assert.ok(!isSameMetric({ metric: 'weak' }, { metric: 'cosine' }));
});

test('whether a distance is a metric is told with the numbers that say so', () => {
  const metric = 'weak-metric';
  assert.equal(describeMetric({ metric: 'cosine' }), undefined);
  assert.match(describeMetric({ metric: 'weak' }) ?? '', /no metric.*one-hot/);
  assert.match(describeMetric({ metric }) ?? '', /is a metric: .* = 0\.8284 is not below b\/a = 0\.8\./);
  assert.match(
    describeMetric({ metric, metricOptions: { b: 1 } }) ?? '',
    /is no metric: .* = 0\.8284 is below b\/a = 1\./,
  );
});

test('probabilities are 0 to 1 and sum to 1, within what rounding makes of them', () => {
  const problem = (...values: number[]): string | undefined =>
    probabilityProblem(Float32Array.of(7, ...values, 7), 1, values.length);
  for (const values of [[1], [1, 0], [0.25, 0.75], [0.3, 0.3, 0.4005], [1.0005, 0]])
    assert.equal(problem(...values), undefined);
  assert.match(problem(0.5, 0.4) ?? '', /sum of 0\.9,/);
  assert.match(problem(1.5, -0.5) ?? '', /1\.5 at place 0/);
  assert.match(problem(0.5, Number.NaN) ?? '', /NaN at place 1/);
  assert.match(problem(1, -0.001) ?? '', /at place 1/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { information } from '../../src/information/index.ts';

// The statements of the seed paper as far as they hold, on random data; docs/information.md derives the constants.

const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
const isLong = (vector: readonly number[]): boolean => Math.hypot(...vector) > 0.1;

/** Vectors of K labels, equally many of each, label by label. */
const balanced = fc
  .record({
    labels: fc.integer({ min: 2, max: 4 }),
    each: fc.integer({ min: 2, max: 6 }),
    d: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ labels, each, d }) =>
    fc.record({
      labels: fc.constant(labels),
      each: fc.constant(each),
      vectors: fc.array(fc.array(coordinate, { minLength: d, maxLength: d }).filter(isLong), {
        minLength: labels * each,
        maxLength: labels * each,
      }),
    }),
  );

const parameters = fc.record({
  sigma: fc.double({ min: 0.02, max: 2, noNaN: true }),
  alpha: fc.double({ min: 0.1, max: 20, noNaN: true }),
  margin: fc.double({ min: -1, max: 1, noNaN: true }),
  lambda: fc.double({ min: 0.01, max: 10, noNaN: true }),
});

const rounding = (...values: readonly number[]): number => 1e-12 * Math.max(1, ...values.map(Math.abs));

function assertAtMost(less: number, more: number): void {
  assert.ok(less <= more + rounding(less, more), `${less} > ${more}`);
}

function assertEqual(a: number, b: number): void {
  assert.ok(Math.abs(a - b) <= rounding(a, b), `${a} is not ${b}`);
}

test('Lemma 1 (eq. 8) and eq. 14 hold with their constants on normalised, balanced vectors', () =>
  fc.assert(
    fc.asyncProperty(
      balanced,
      parameters,
      async ({ labels, each, vectors }, { sigma, alpha, margin, lambda }) => {
        const n = vectors.length;
        const { terms } = await information(
          {
            vectors: Float64Array.from(vectors.flat()),
            dimension: vectors[0]?.length ?? 0,
            labels: vectors.map((_, row) => `${Math.floor(row / each)}`),
          },
          {
            normalize: true,
            parameters: {
              snca: { sigma },
              'multi-similarity': { alpha, margin },
              pce: { lambda },
              classifier: { folds: 2, penalty: 1 },
            },
          },
        );
        const contrastive = terms.contrastive.tightness;
        const center = terms.center.tightness;
        assertEqual(contrastive, (4 / labels) * center);
        assertAtMost(terms.snca.tightness, (2 / (sigma * n)) * center - Math.log(each) - 1 / sigma);
        assertAtMost(
          contrastive,
          2 * each * (terms['multi-similarity'].tightness + 1 - margin - Math.log(each) / alpha),
        );
        assertEqual(terms.pce.tightness, contrastive / (4 * lambda * n) - 1 / (2 * lambda * labels));
        assertEqual(terms.pce.tightness, center / (lambda * n * labels) - 1 / (2 * lambda * labels));
        assertEqual(terms.spce.tightness, 2 * lambda * terms.pce.tightness);
      },
    ),
    { numRuns: 150 },
  ));

/** Rows of numbers. */
type Rows = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

interface Data {
  readonly z: Rows;
  readonly y: readonly number[];
}

const logitsOf = (theta: Rows, z: readonly number[]): number[] => theta.map((row) => dot(row, z));

function logSum(logits: readonly number[]): number {
  const most = Math.max(...logits);
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}

const squares = (theta: Rows): number => theta.reduce((sum, row) => sum + dot(row, row), 0);

const meanOf = (z: Rows, of: (row: readonly number[], at: number) => number): number =>
  z.reduce((sum, row, at) => sum + of(row, at), 0) / z.length;

const crossEntropy = (theta: Rows, { z, y }: Data): number =>
  meanOf(z, (row, at) => logSum(logitsOf(theta, row)) - dot(theta[y[at] ?? 0] ?? [], row));

const f1 = (theta: Rows, { z, y }: Data, lambda: number): number =>
  (lambda / 2) * squares(theta) - meanOf(z, (row, at) => dot(theta[y[at] ?? 0] ?? [], row));

const f2 = (theta: Rows, { z }: Data, lambda: number): number =>
  meanOf(z, (row) => logSum(logitsOf(theta, row))) - (lambda / 2) * squares(theta);

const mean = (z: Rows): number[] => (z[0] ?? []).map((_, at) => meanOf(z, (row) => row[at] ?? 0));

/** The minimum of f1: the sums of the labels, divided by n lambda. */
const firstMinimum = ({ z, y }: Data, k: number, lambda: number): Rows =>
  Array.from({ length: k }, (_, label) =>
    (z[0] ?? []).map((_, at) => meanOf(z, (row, of) => (y[of] === label ? (row[at] ?? 0) : 0)) / lambda),
  );

/** The stationary point of f2 at which all labels are as probable: its soft means are all z̄/K. */
const secondMinimum = ({ z }: Data, k: number, lambda: number): Rows =>
  Array.from({ length: k }, () => mean(z).map((value) => value / (k * lambda)));

/** The Hessian of the mean log-sum-exp, `[Kd,Kd]`. */
function hessian(theta: Rows, { z }: Data): number[][] {
  const d = z[0]?.length ?? 0;
  const size = theta.length * d;
  const sum = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const row of z) {
    const logits = logitsOf(theta, row);
    const all = logSum(logits);
    const p = logits.map((logit) => Math.exp(logit - all));
    for (let a = 0; a < size; a += 1)
      for (let b = 0; b < size; b += 1) {
        const k = Math.floor(a / d);
        const l = Math.floor(b / d);
        const weight = (p[k] ?? 0) * ((k === l ? 1 : 0) - (p[l] ?? 0));
        const line = sum[a] as number[];
        line[b] = (line[b] ?? 0) + (weight * (row[a % d] ?? 0) * (row[b % d] ?? 0)) / z.length;
      }
  }
  return sum;
}

/** The smallest eigenvalue among directions without a common shift of all labels. */
function smallestEigenvalue(theta: Rows, data: Data): number {
  const k = theta.length;
  const d = data.z[0]?.length ?? 0;
  // Common shifts, which are eigenvectors of 0, get a large eigenvalue instead: they are not among the smallest.
  const h = hessian(theta, data).map((line, a) =>
    line.map((value, b) => value + (a % d === b % d ? 1e3 / k : 0)),
  );
  return Math.min(...new EigenvalueDecomposition(new Matrix(h), { assumeSymmetric: true }).realEigenvalues);
}

const between = (a: Rows, b: Rows, t: number): Rows =>
  a.map((row, k) => row.map((value, at) => (1 - t) * value + t * (b[k]?.[at] ?? 0)));

/** Shifts the weights of all labels alike, so that they sum up to z̄/lambda. The cross-entropy stays. */
function shifted(theta: Rows, { z }: Data, lambda: number): Rows {
  const sum = (theta[0] ?? []).map((_, at) => theta.reduce((total, row) => total + (row[at] ?? 0), 0));
  const wanted = mean(z).map((value) => value / lambda);
  return theta.map((row) =>
    row.map((value, at) => value + ((wanted[at] ?? 0) - (sum[at] ?? 0)) / theta.length),
  );
}

const steps = 12;

const problems = fc
  .record({
    k: fc.integer({ min: 2, max: 3 }),
    d: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 1, max: 8 }),
  })
  .chain(({ k, d, more }) => {
    const rows = (length: number) =>
      fc.array(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: d, maxLength: d }), {
        minLength: length,
        maxLength: length,
      });
    const n = k * d + more;
    return fc.record({
      k: fc.constant(k),
      z: rows(n),
      y: fc.array(fc.integer({ min: 0, max: k - 1 }), { minLength: n, maxLength: n }),
      theta: rows(k),
      share: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    });
  });

test('Proposition 1 holds where the Hessian is at least lambda along the segment', () => {
  let held = 0;
  fc.assert(
    fc.property(problems, ({ k, z, y, theta: drawn, share }) => {
      const data = { z, y };
      const flat = Array.from({ length: k }, () => mean(z).map(() => 0));
      const lambda = share * smallestEigenvalue(flat, data);
      if (!(lambda > 1e-6)) return;
      const first = firstMinimum(data, k, lambda);
      const second = secondMinimum(data, k, lambda);
      const theta = shifted(drawn, data, lambda);
      const loss = crossEntropy(theta, data);
      assert.ok(Math.abs(loss - crossEntropy(drawn, data)) < 1e-6 * Math.max(1, loss));
      assert.ok(Math.abs(loss - f1(theta, data, lambda) - f2(theta, data, lambda)) < 1e-6 / lambda);
      for (let at = 0; at <= steps; at += 1)
        if (smallestEigenvalue(between(theta, second, at / steps), data) < lambda) return;
      held += 1;
      const bound = f1(first, data, lambda) + f2(second, data, lambda);
      assertAtMost(bound, loss);
    }),
    { numRuns: 300, seed: 16 },
  );
  assert.ok(held >= 30, `the condition held ${held} times`);
});

test('Proposition 1 does not hold for a large theta', () => {
  const z = [1, 1, 1, 1, 10, -1, -1, -1, -1, -10].map((value) => [value]);
  const data = { z, y: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1] };
  const lambda = 5.2;
  const bound =
    f1(firstMinimum(data, 2, lambda), data, lambda) + f2(secondMinimum(data, 2, lambda), data, lambda);
  const loss = crossEntropy([[2], [-2]], data);
  assert.equal(bound.toFixed(3), '0.316');
  assert.equal(loss.toFixed(3), '0.015');
  assert.ok(smallestEigenvalue([[0], [0]], data) > lambda, 'it would hold near 0');
  assert.ok(smallestEigenvalue([[2], [-2]], data) < lambda);
});

test('f2 is convex for no lambda above 0 on the whole space', () =>
  fc.assert(
    fc.property(problems, fc.double({ min: 1e-3, max: 10, noNaN: true }), ({ z, y, theta }, lambda) => {
      const data = { z, y };
      const v = shifted(theta, { z: z.map((row) => row.map(() => 0)), y }, 1);
      // Where two labels have equal weights along a direction, they stay as probable: another direction is taken.
      const gaps = z.flatMap((row) => {
        const sorted = logitsOf(v, row).sort((a, b) => b - a);
        return (sorted[0] ?? 0) - (sorted[1] ?? 0);
      });
      if (Math.min(...gaps) < 1e-3) return;
      const far = v.map((row) => row.map((value) => value * (1e5 / Math.min(...gaps)) * 1e-2));
      const h = hessian(far, data);
      const direction = v.flat();
      const bend = h.reduce((sum, line, a) => sum + (direction[a] ?? 0) * dot(line, direction), 0);
      assert.ok(bend - lambda * dot(direction, direction) < 0);
    }),
    { numRuns: 100 },
  ));

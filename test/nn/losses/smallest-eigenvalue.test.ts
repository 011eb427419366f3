import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../../src/graph/index.ts';
import { smallestEigenvalue } from '../../../src/nn/losses/smallest-eigenvalue.ts';
import { encodeModel } from '../../../src/onnx/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { Session } from '../../../src/runtime/index.ts';

const random = randomNumbers(3);

/** A random orthogonal matrix by its rows: Gram and Schmidt. */
function rotation(n: number): number[][] {
  const rows: number[][] = [];
  while (rows.length < n) {
    const row = Array.from({ length: n }, () => random() - 0.5);
    for (const other of rows) {
      const along = row.reduce((sum, x, i) => sum + x * (other[i] ?? 0), 0);
      for (const [i, x] of other.entries()) row[i] = (row[i] ?? 0) - along * x;
    }
    const length = Math.hypot(...row);
    rows.push(row.map((x) => x / length));
  }
  return rows;
}

/** A symmetric matrix that has these eigenvalues. */
function matrixOf(eigenvalues: readonly number[]): number[] {
  const rows = rotation(eigenvalues.length);
  const at = (i: number, j: number): number =>
    eigenvalues.reduce((sum, value, k) => sum + value * (rows[k]?.[i] ?? 0) * (rows[k]?.[j] ?? 0), 0);
  return eigenvalues.flatMap((_, i) => eigenvalues.map((_other, j) => at(i, j)));
}

async function smallest(spectra: readonly (readonly number[])[]): Promise<number> {
  const [K, n] = [spectra.length, spectra[0]?.length ?? 0];
  const g = new GraphBuilder('eigenvalues');
  const matrices = g.constant('matrices', 'float64', [K, n, n], Float64Array.from(spectra.flatMap(matrixOf)));
  g.output(smallestEigenvalue(g, matrices, 7), 'smallest');
  await using session = await Session.open(encodeModel(g.build(new Map())), { provider: 'cpu', threads: 1 });
  return Number((await session.run({}))['smallest']?.data[0]);
}

const cases: Readonly<Record<string, readonly [readonly (readonly number[])[], number]>> = {
  'of one number': [[[3]], 3],
  'of two rows': [[[3, 2]], 2],
  'of several matrices': [
    [
      [5, 4, 3],
      [2, 9, 9],
    ],
    2,
  ],
  'besides zeros': [[[0, 0, 0.25, 8]], 0.25],
  'far below the largest': [[[1000, 1, 1e-5, 30, 0, 200]], 1e-5],
  'of equal ones': [[[2, 2, 2, 2]], 2],
  'of a small matrix beside one of zeros': [
    [
      [0, 0, 0],
      [3e-20, 2e-20, 1e-20],
    ],
    1e-20,
  ],
  'of nothing but zeros, the fallback': [[[0, 0, 0]], 7],
};
for (const [name, [spectra, expected]] of Object.entries(cases))
  test(`the smallest eigenvalue above zero ${name}`, async () => {
    const found = await smallest(spectra);
    assert.ok(Math.abs(found - expected) <= 1e-6 * expected, `${found} instead of ${expected}`);
  });

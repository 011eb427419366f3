import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { familiarityOf } from '../../../src/export/start/familiarity.ts';
import { repositoryRoot } from '../../support/repository.ts';

const rows = [
  [1, 0],
  [3, 4],
  [0, 2],
  [-3, 4],
].map((row) => Float32Array.from(row));

test('what is familiar follows from the mean of each label and the cosines to the nearest mean without the picture itself', () => {
  const { labels, means, low, high } = familiarityOf(rows, ['a', 'a', 'b', 'b']);
  assert.equal(labels, 2);
  // The means of unit vectors: (1, 0) and (0.6, 0.8); (0, 1) and (-0.6, 0.8).
  const expected = [1.6, 0.8, -0.6, 1.8];
  const lengths = [Math.hypot(1.6, 0.8), Math.hypot(0.6, 1.8)];
  for (const [at, value] of expected.entries())
    assert.ok(Math.abs((means[at] ?? 0) - value / (lengths[Math.floor(at / 2)] ?? 1)) < 1e-6);
  // (1, 0): 0.6 to the other of its label; (3, 4): 0.6 and (-0.36 + 1.44) / 1.897; and so on.
  const cosines = [0.6, 1.08 / Math.hypot(0.6, 1.8), 0.8, 0.8].sort((a, b) => a - b);
  const quantile = (share: number): number => {
    const at = share * 3;
    const before = cosines[Math.floor(at)] ?? 0;
    return before + (at - Math.floor(at)) * ((cosines[Math.ceil(at)] ?? 0) - before);
  };
  assert.ok(Math.abs(high - quantile(0.25)) < 0.05 + 1e-9, `${high}`);
  assert.ok(low <= high);
});

test('pictures that do not say what is familiar are refused', () => {
  assert.throws(() => familiarityOf(rows, ['a', 'b', 'c', 'd']), { code: 'source-invalid' });
  const same = [Float32Array.of(1, 1), Float32Array.of(1, 1)];
  assert.throws(() => familiarityOf(same, ['a', 'a']), { code: 'source-invalid' });
});

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly means: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** Of NumPy: test/fixtures/export/familiarity.py. */
const goldens = JSON.parse(
  readFileSync(join(repositoryRoot, 'test/fixtures/export/familiarity.json'), 'utf8'),
) as readonly Golden[];

test("means and quantiles are NumPy's", () => {
  for (const golden of goldens) {
    const found = familiarityOf(
      golden.rows.map((row) => Float32Array.from(row)),
      golden.labels,
    );
    assert.equal(found.labels, new Set(golden.labels).size);
    assert.ok(Math.abs(found.low - golden.low) < 1e-12 && Math.abs(found.high - golden.high) < 1e-12);
    assert.deepEqual([...found.means], [...Float32Array.from(golden.means)]);
  }
});

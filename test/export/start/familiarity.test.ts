import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { centreOf, familiarityOf } from '../../../src/export/start/familiarity.ts';
import { repositoryRoot } from '../../support/repository.ts';

const rows = [
  [1, 0],
  [3, 4],
  [0, 2],
  [-3, 4],
].map((row) => Float32Array.from(row));

test('pictures that do not say what is familiar are refused', () => {
  assert.throws(() => familiarityOf(rows, ['a', 'b', 'c', 'd']), { code: 'source-invalid' });
  const same = [Float32Array.of(1, 1), Float32Array.of(1, 1)];
  assert.throws(() => familiarityOf(same, ['a', 'a']), { code: 'source-invalid' });
});

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly means: readonly number[];
  readonly centre: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** Of NumPy: test/fixtures/export/familiarity.py. */
const goldens = JSON.parse(
  readFileSync(join(repositoryRoot, 'test/fixtures/export/familiarity.json'), 'utf8'),
) as readonly Golden[];

test("what is familiar: means and quantiles are NumPy's", () => {
  for (const golden of goldens) {
    const found = familiarityOf(
      golden.rows.map((row) => Float32Array.from(row)),
      golden.labels,
    );
    assert.equal(found.labels, new Set(golden.labels).size);
    assert.ok(Math.abs(found.low - golden.low) < 1e-12 && Math.abs(found.high - golden.high) < 1e-12);
    const rows = golden.rows.map((row) => Float32Array.from(row));
    assert.deepEqual([...centreOf(rows)], [...Float32Array.from(golden.centre)]);
    assert.deepEqual([...found.means], [...Float32Array.from(golden.means)]);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineFigures } from '../../src/sizing/figures.ts';
import { SizeModel } from '../../src/sizing/size-model.ts';

for (const figures of engineFigures) {
  test(`${figures.engine}: the check is four times beyond what is fitted, and the model is off by at most 30 %`, () => {
    const { check } = new SizeModel(figures);
    const largest = Math.max(...figures.points.slice(0, -1).map(([items]) => items));
    assert.ok(check.items >= 4 * largest, `${check.items} items, fitted up to ${largest}`);
    for (const [what, off] of Object.entries(check.off))
      assert.ok(Math.abs(off) <= 0.3, `${what} is off by ${(100 * off).toFixed(1)} %`);
  });

  test(`${figures.engine}: more items and longer vectors never take less`, () => {
    const model = new SizeModel(figures);
    const sizes = [
      model.sizeOf(1e5, 128),
      model.sizeOf(1e6, 128),
      model.sizeOf(1e6, 512),
      model.sizeOf(1e9, 512),
    ].map((size) => Object.values(size) as number[]);
    for (const [i, values] of sizes.slice(1).entries())
      for (const [at, value] of values.entries()) assert.ok(value >= (sizes[i]?.[at] ?? Number.NaN));
  });
}

test('the check has no part in the fit', () => {
  const [figures] = engineFigures;
  assert.ok(figures);
  const points = figures.points.with(-1, [1e6, 512, 1, 1, 1, 1, 0]);
  const changed = new SizeModel({ ...figures, points });
  assert.deepEqual(changed.sizeOf(1e6, 512), new SizeModel(figures).sizeOf(1e6, 512));
});

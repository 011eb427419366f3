import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineFigures } from '../../src/sizing/figures.ts';
import { SizeModel } from '../../src/sizing/size-model.ts';

for (const figures of engineFigures) {
  test(`${figures.engine}: the check is four times beyond what is fitted, and what is off by more than 30 % is no figure`, () => {
    const model = new SizeModel(figures);
    const { check } = model;
    const largest = Math.max(...figures.points.slice(0, -1).map(([items]) => items));
    assert.ok(check.items >= 4 * largest, `${check.items} items, fitted up to ${largest}`);
    for (const key of Object.keys(check.off) as (keyof typeof check.off)[]) {
      const [low, high] = model.rangeOf(key);
      const off = check.off[key];
      assert.equal(low === high, Math.abs(off) <= 0.3, `${key} is off by ${(100 * off).toFixed(1)} %`);
      // The range reaches from what the model says to what was measured.
      if (low !== high) assert.ok(Math.abs((off < 0 ? high : low) * (1 + off) - 1) < 1e-9);
    }
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { balancedBatches, labelBatches, shuffledBatches } from '../../../src/datasets/index.ts';

const small = fc.integer({ min: 1, max: 20 });
const seed = fc.integer();

test('shuffled batches hold every sample at most once, in full batches', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), small, seed, small, (count, batch, start, epoch) => {
      fc.pre(batch <= count);
      const batches = shuffledBatches(count, batch, start, epoch);
      const all = batches.flatMap((positions) => [...positions]);
      assert.equal(batches.length, Math.floor(count / batch));
      assert.ok(batches.every(({ length }) => length === batch));
      assert.equal(new Set(all).size, all.length);
      assert.ok(all.every((position) => position >= 0 && position < count));
      assert.deepEqual(shuffledBatches(count, batch, start, epoch), batches);
    }),
  );
});

test('every sample comes at every place, in another order each epoch and seed', () => {
  const places = Array.from({ length: 5 }, () => new Set<number>());
  const orders = new Set<string>();
  for (let epoch = 0; epoch < 300; epoch++) {
    const [order = new Int32Array()] = shuffledBatches(5, 5, 7, epoch);
    for (const [at, position] of order.entries()) places[at]?.add(position);
    orders.add(order.join());
  }
  assert.ok(places.every(({ size }) => size === 5));
  assert.ok(orders.size > 90, `${orders.size} of 120 orders in 300 epochs`);
  assert.notDeepEqual(shuffledBatches(50, 5, 1, 0), shuffledBatches(50, 5, 2, 0));
});

test('label batches hold P labels with S samples each, different ones where there are enough', () => {
  const labels = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(labels, small, small, seed, small, (list, P, S, start, epoch) => {
      const all = Int32Array.from(list);
      fc.pre(new Set(all).size >= P && all.length >= P * S);
      const batches = labelBatches(all, P, S, start, epoch);
      assert.equal(batches.length, Math.floor(all.length / (P * S)));
      for (const batch of batches) {
        const groups = Array.from({ length: P }, (_, at) => [...batch.slice(at * S, (at + 1) * S)]);
        const of = groups.map((group) => new Set(group.map((position) => all[position])));
        assert.ok(of.every(({ size }) => size === 1));
        assert.equal(new Set(of.flatMap((set) => [...set])).size, P);
        for (const group of groups) {
          const members = all.filter((label) => label === all[group[0] ?? -1]).length;
          if (members >= S) assert.equal(new Set(group).size, S);
        }
      }
      assert.deepEqual(labelBatches(all, P, S, start, epoch), batches);
    }),
  );
});

test('label batches draw labels alike, however many samples they have', () => {
  const labels = Int32Array.from({ length: 1000 }, (_, at) => (at < 970 ? 0 : 1 + (at % 3)));
  const seen = new Map<number, number>();
  const batches = labelBatches(labels, 2, 2, 1, 1);
  for (const batch of batches)
    for (const position of [batch[0] ?? 0, batch[2] ?? 0]) {
      const label = labels[position] ?? -1;
      seen.set(label, (seen.get(label) ?? 0) + 1);
    }
  assert.equal(batches.length, 250);
  // 250 batches of 2 of 4 labels: 125 each, standard deviation 7.9.
  for (const times of [0, 1, 2, 3].map((label) => seen.get(label) ?? 0))
    assert.ok(Math.abs(times - 125) < 32, `${times}`);
});

test('what cannot be drawn is refused with the numbers', () => {
  assert.throws(() => shuffledBatches(3, 4, 1, 1), /3 samples are fewer than one batch of 4/);
  assert.throws(() => shuffledBatches(3, 0, 1, 1), /batch must be a whole number of at least 1, not 0/);
  assert.throws(() => labelBatches(Int32Array.of(1, 1, 1, 2), 3, 1, 1, 1), /2 labels, fewer than the 3/);
  assert.throws(
    () => labelBatches(Int32Array.of(1, 2), 2, 2, 1, 1),
    /2 samples are fewer than one batch of 4/,
  );
  assert.throws(() => labelBatches(Int32Array.of(1, 2), 1.5, 2, 1, 1), RangeError);
});

test('balanced batches have every label equally often, and the samples of a label in turn', () => {
  const labels = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(labels, small, seed, small, (list, batch, start, epoch) => {
      const all = Int32Array.from(list);
      fc.pre(batch <= all.length);
      const batches = balancedBatches(all, batch, start, epoch);
      assert.equal(batches.length, Math.floor(all.length / batch));
      assert.ok(batches.every(({ length }) => length === batch));
      const drawn = batches.flatMap((positions) => [...positions]);
      const timesOf = (values: readonly number[], keys: Iterable<number>): number[] =>
        [...keys].map((key) => values.filter((value) => value === key).length);
      const isEven = (times: readonly number[]): boolean => Math.max(...times) - Math.min(...times) <= 1;
      assert.ok(
        isEven(
          timesOf(
            drawn.map((position) => all[position] ?? -1),
            new Set(all),
          ),
        ),
      );
      for (const label of new Set(all)) {
        const own = [...all.keys()].filter((position) => all[position] === label);
        assert.ok(isEven(timesOf(drawn, own)));
      }
      assert.deepEqual(balancedBatches(all, batch, start, epoch), batches);
    }),
  );
  const orders = new Set(
    Array.from({ length: 50 }, (_, epoch) =>
      balancedBatches(Int32Array.from([0, 0, 0, 1]), 4, 1, epoch).join(),
    ),
  );
  assert.ok(orders.size > 5, `${orders.size} orders in 50 epochs`);
});

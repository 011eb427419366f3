import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, slotOf, slotsOf } from '../../../src/gallery/ann/usearch-keys.ts';

const slots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);

test('every slot has a key of its own, and comes back from it', () => {
  const some = [...slots(5000), 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  assert.deepEqual([...slotsOf(keysOf(some))], some);
  assert.equal(new Set(keysOf(some)).size, some.length);
  assert.equal(slotOf(0, 1), Number.POSITIVE_INFINITY);
});

test('keys lie apart in the tables of usearch, which are two thirds full at most', () => {
  for (const bits of [10, 13, 16, 18]) {
    const filled = new Uint8Array(2 ** bits);
    for (const key of keysOf(slots(Math.floor((2 / 3) * 2 ** bits)))) {
      let place = Number(key) % 2 ** bits;
      while (filled[place] === 1) place = (place + 1) % 2 ** bits;
      filled[place] = 1;
    }
    const longest = Math.max(
      ...new TextDecoder('latin1')
        .decode(filled)
        .split('\0')
        .map((run) => run.length),
    );
    assert.ok(longest <= 64, `a run of ${longest} in ${2 ** bits}`);
  }
});

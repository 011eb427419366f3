import { ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { keepsOutNear, mostCandidates } from '../../../src/engine/index.ts';
import { randomNumbers } from '../../../src/random.ts';

/** The chance that fewer than `passing` of `looked` candidates pass: the binomial distribution, term by term. */
function chanceOfFewer(passing: number, looked: number, share: number): number {
  let log = looked * Math.log(1 - share);
  let sum = 0;
  for (let i = 0; i < passing; i += 1) {
    sum += Math.exp(log);
    log += Math.log(((looked - i) / (i + 1)) * (share / (1 - share)));
  }
  return sum;
}

test('so many candidates come with a chance of less than one in a thousand, and not much less', () => {
  for (const share of [0.02, 0.1, 0.5, 0.9])
    for (const passing of [1, 11, 33, 303]) {
      const most = mostCandidates(passing, share);
      const what = `${passing} of ${share}: ${most}`;
      ok(most >= passing / share, what);
      ok(chanceOfFewer(passing, most, share) < 1e-3, what);
      ok(chanceOfFewer(passing, most - 1, share) > 1e-5, what);
    }
  strictEqual(mostCandidates(7, 1), 7);
});

/** The places of the candidates that pass, of so many that are drawn. */
const drawn = (passes: () => boolean, looked: number): number[] =>
  Array.from({ length: looked }, (_, i) => i + 1).filter(passes);

test('a filter of chance seldom keeps out what is near; one that keeps out a cluster is told, wherever the rest lies', () => {
  const random = randomNumbers(3);
  for (const share of [0.02, 0.2, 0.5, 0.9, 0.99]) {
    const isOut = (out: number): boolean => {
      const ranks = drawn(() => random() < share, 1000).slice(0, 11);
      const moved = ranks.map((rank) => rank + out);
      return keepsOutNear(moved, moved.at(-1) ?? 0, share);
    };
    const wrong = Array.from({ length: 2000 }, () => isOut(0)).filter(Boolean).length;
    ok(wrong <= 16, `${share}: ${wrong} of 2000`);
    // Ten times as many as it takes on average until the first passes.
    const cluster = Math.ceil(10 / share);
    ok(Array.from({ length: 200 }, () => isOut(cluster)).every(Boolean), `${share}: ${cluster} are kept out`);
  }
  strictEqual(keepsOutNear([], 0, 0.5), false);
  strictEqual(keepsOutNear([], 9, 0.5), false);
  strictEqual(keepsOutNear([], 10, 0.5), true);
  strictEqual(keepsOutNear([1, 2, 3], 3, 1), false);
});

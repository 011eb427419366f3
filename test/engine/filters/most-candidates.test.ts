import { ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { mostCandidates } from '../../../src/engine/index.ts';

/** The chance that fewer than `passing` of `looked` candidates pass: the binomial distribution, term by term. */
function chanceOfFewer(passing: number, looked: number, share: number): number {
  let term = (1 - share) ** looked;
  let sum = 0;
  for (let i = 0; i < passing; i += 1) {
    sum += term;
    term *= ((looked - i) / (i + 1)) * (share / (1 - share));
  }
  return sum;
}

test('a filter of chance seldom keeps out so many, and one that lets half as much through nearby is told', () => {
  for (const share of [0.02, 0.1, 0.5, 0.9])
    for (const passing of [1, 11, 33, 303]) {
      const most = Math.floor(mostCandidates(passing, share));
      ok(most >= passing / share, `${passing} of ${share}`);
      ok(chanceOfFewer(passing, most, share) < 0.01, `${passing} of ${share}: ${most}`);
      // Half as many pass among the nearest.
      if (passing > 100)
        ok(chanceOfFewer(passing, most, share / 2) > 0.99, `${passing} of ${share}: ${most}`);
    }
  strictEqual(mostCandidates(7, 1), 7);
});

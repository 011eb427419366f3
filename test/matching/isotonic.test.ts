import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chanceAt, fitChances } from '../../src/matching/index.ts';

interface Case {
  readonly scores: readonly number[];
  readonly right: readonly number[];
  readonly weights: readonly number[];
  readonly at: readonly number[];
  readonly chances: readonly number[];
}

test('chances are those of scikit-learn, but for 0 and 1', () => {
  const path = new URL('../../../test/fixtures/matching/isotonic.json', import.meta.url);
  for (const { scores, right, weights, at, chances } of JSON.parse(readFileSync(path, 'utf8')) as Case[]) {
    const curve = fitChances(
      scores.map((score, i) => ({ score, isRight: right[i] === 1, weight: weights[i] ?? 1 })),
    );
    const least = 1 / (scores.length + 2);
    for (const [i, score] of at.entries()) {
      const expected = Math.min(Math.max(chances[i] ?? Number.NaN, least), 1 - least);
      assert.ok(
        Math.abs(chanceAt(curve, score) - expected) < 1e-9,
        `${chanceAt(curve, score)} at ${score}, not ${expected}`,
      );
    }
  }
});

test('what is no number, and nothing at all, is refused', () => {
  assert.throws(() => fitChances([]), RangeError);
  assert.throws(() => fitChances([{ score: Number.NaN, isRight: true, weight: 1 }]), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { list, numbers } from '../../src/json/index.ts';

const issuesOf = (schema: z.ZodType, value: unknown): readonly (readonly [string, string])[] =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => [path.join('.'), message] as const) ?? [];

test('a list is checked element by element until the 20th problem', () => {
  let seen = 0;
  const element = z.custom<number>((value) => {
    seen += 1;
    return typeof value === 'number';
  }, 'expected a number');
  const schema = z.strictObject({ values: list(element, { max: 1e6 }) });
  const issues = issuesOf(schema, { values: Array(500_000).fill('x') });
  assert.equal(issues.length, 20);
  assert.equal(seen, 20);
  assert.deepEqual(issues[3], ['values.3', 'expected a number']);
  assert.deepEqual(schema.parse({ values: [1, 2] }), { values: [1, 2] });
});

test('problems inside an element count, and say where they are', () => {
  const entry = z.strictObject({ id: z.string(), size: z.number() });
  const issues = issuesOf(list(entry, { max: 1000 }), Array(1000).fill({ id: 1 }));
  assert.equal(issues.length, 20);
  assert.deepEqual(
    issues.slice(0, 3).map(([path]) => path),
    ['0.id', '0.size', '1.id'],
  );
});

test('a list has a length', () => {
  const schema = list(z.number(), { min: 1, max: 3 });
  for (const value of [[], [1, 2, 3, 4], 'abc', { length: 2 }, null])
    assert.equal(issuesOf(schema, value).length, 1, JSON.stringify(value));
  assert.deepEqual(schema.parse([1, 2, 3]), [1, 2, 3]);
});

test('numbers become a vector; what is none is told 20 times at most', () => {
  assert.deepEqual(numbers(3).parse([1, 0.5, -2]), Float32Array.of(1, 0.5, -2));
  // As JSON.stringify([2 ** 60]) is read.
  assert.deepEqual(numbers(2).parse(['1152921504606846976', 1]), Float32Array.of(2 ** 60, 1));
  assert.equal(issuesOf(numbers(1e6), Array(100_000).fill(Number.POSITIVE_INFINITY)).length, 20);
  assert.equal(issuesOf(numbers(3), [1, 2, 3, 4]).length, 1);
  assert.deepEqual(
    issuesOf(numbers(9), [1, null, '2', Number.NaN]).map(([path]) => path),
    ['1', '2', '3'],
  );
});

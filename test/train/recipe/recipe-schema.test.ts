import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { recipes } from '../../../src/train/index.ts';
import { checkRecipe } from '../../../src/train/recipe/recipe-schema.ts';

interface Property {
  readonly description?: string;
  readonly default?: unknown;
}

const schema = JSON.parse(
  readFileSync(fileURLToPath(import.meta.resolve('snapshelf/recipe.schema.json')), 'utf8'),
) as { readonly properties: Readonly<Record<string, Property>> };
const isValid = new Ajv2020().compile(schema);

test('the published schema accepts every recipe, and one that leaves everything to the defaults', () => {
  for (const [name, recipe] of Object.entries(recipes))
    assert.ok(isValid(recipe), `${name}: ${JSON.stringify(isValid.errors)}`);
  assert.ok(isValid({}));
  assert.deepEqual(
    checkRecipe({}),
    checkRecipe(
      Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, property.default])),
    ),
  );
});

test('the published schema describes every value with its default, and each recipe has it', () => {
  for (const [key, { description, default: fallback }] of Object.entries(schema.properties)) {
    assert.match(description ?? '', /^[A-Z].+\.$/, key);
    assert.notEqual(fallback, undefined, key);
    for (const recipe of Object.values(recipes)) assert.ok(Object.hasOwn(recipe, key), key);
  }
});

const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(...Object.values(recipes).flatMap((recipe) => Object.values(recipe))),
);

test('the check and the published schema agree on any value of any key, and the check only throws RangeErrors', () => {
  const keys = fc.constantFrom(...Object.keys(schema.properties));
  fc.assert(
    fc.property(keys, anything, (key, value) => {
      const recipe = { ...recipes['finetune'], [key]: value };
      const problem = problemOf(recipe);
      assert.ok(problem === undefined || problem instanceof RangeError, String(problem));
      // The published schema cannot say what values have to do with each other, nor that an interval is in order.
      if (problem === undefined) assert.ok(isValid(recipe) || isVariant(value), JSON.stringify(recipe));
      else
        assert.ok(
          !isValid(recipe) ||
            / must (fit|leave|be a multiple|be above 0 for|be \[least|be a sum of losses)/.test(
              problem.message,
            ),
          problem.message,
        );
    }),
    { numRuns: 2000 },
  );
});

/** True for an object of a kind: its keys of other kinds are left out by the check. */
const isVariant = (value: unknown): boolean =>
  Object(value).kind !== undefined || Object(value).mode !== undefined;

function problemOf(recipe: unknown): Error | undefined {
  try {
    checkRecipe(recipe);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const wrong: Readonly<Record<string, unknown>> = {
  epochs: 0,
  batch: 1.5,
  momentum: 1,
  learningRate: 0,
  batchNorm: 'both',
  lastStride: 3,
  testSize: 2000,
  progressive: [[112, 20]],
  schedule: { kind: 'linear' },
  crop: { kind: 'random-resized' },
  jitter: { hue: 0.6 },
  flip: 1,
  colour: 1,
};
for (const [key, value] of Object.entries(wrong))
  test(`the published schema and the check both refuse ${key} ${JSON.stringify(value)}`, () => {
    const recipe = { ...recipes['cub'], [key]: value };
    assert.ok(!isValid(recipe));
    assert.throws(() => checkRecipe(recipe), RangeError);
  });

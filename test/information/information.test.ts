import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  figuresSchema,
  type InformationFigures,
  type InformationParameters,
  information,
} from '../../src/information/index.ts';
import { repositoryRoot } from '../support/repository.ts';

interface Case {
  readonly name: string;
  readonly vectors: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly normalize: boolean;
  readonly parameters: InformationParameters;
  readonly classifier: string;
  readonly figures: InformationFigures;
}

const fixture = join(repositoryRoot, 'test/fixtures/information/figures.json');
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] };

/** The numbers of figures, by their path. */
function* numbersOf(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [path, value];
  else for (const [name, inner] of Object.entries(value)) yield* numbersOf(inner, `${path}.${name}`);
}

/** The classifier ends where its gradient is 1e-8, and a sum over pairs has some rounding. */
const tolerance = (path: string): number =>
  /center.(contrast|value)|pce.(contrast|value)|mutual|conditional/.test(path) ? 1e-6 : 1e-11;

for (const { name, vectors, labels, normalize, parameters, classifier, figures } of cases)
  test(`figures are those of numpy, classifier of ${classifier}: ${name}`, async () => {
    const dimension = vectors[0]?.length ?? 0;
    const input = { vectors: Float64Array.from(vectors.flat()), dimension, labels };
    const found = await information(input, { parameters, normalize });
    assert.deepEqual(figuresSchema.parse(found), found);
    const expected = new Map(numbersOf(figures));
    for (const [path, value] of numbersOf(found)) {
      const wanted = expected.get(path);
      if (typeof wanted !== 'number' || typeof value !== 'number') assert.equal(value, wanted, path);
      else
        assert.ok(
          Math.abs(value - wanted) <= tolerance(path) * Math.max(1, Math.abs(wanted)),
          `${path} is ${value}, not ${wanted}`,
        );
    }
  });

const two = { vectors: Float32Array.of(1, 0, 0, 1, 1, 1, 2, 0, 0, 2, 3, 1), dimension: 2 };
const labels = ['a', 'b', 'a', 'b', 'a', 'b'];

test('the names of labels change nothing', async () => {
  const { terms, entropy } = await information({ ...two, labels });
  const { terms: renamed } = await information({ ...two, labels: labels.map((label) => `x${label}`) });
  assert.deepEqual(renamed, terms);
  assert.ok(Number.isFinite(entropy));
});

for (const [why, input, message] of [
  ['one label', { ...two, labels: labels.map(() => 'a') }, /All vectors have one label/],
  [
    'too few vectors',
    { vectors: two.vectors.slice(0, 8), dimension: 2, labels: labels.slice(0, 4) },
    /at least 5 vectors, one for each fold, not 4/,
  ],
  [
    'a number that is none',
    { ...two, vectors: two.vectors.with(5, Number.NaN), labels },
    /The vector 2 \(from 0\) has NaN/,
  ],
  [
    'a vector of length 0',
    { ...two, vectors: two.vectors.with(0, 0), labels },
    /The vector 0 \(from 0\) has length 0/,
  ],
] as const)
  test(`it refuses ${why}`, async () => {
    await assert.rejects(information(input), { code: 'source-invalid', message });
  });

test('misuse is an error of its own', async () => {
  await assert.rejects(information({ ...two, labels: ['a'] }), RangeError);
  const parameters = { snca: { sigma: -1 } };
  await assert.rejects(information({ ...two, labels }, { parameters }), {
    name: 'RangeError',
    message: /^snca.sigma must be/,
  });
});

test('very far and very near vectors stay finite', async () => {
  const parameters = { snca: { sigma: 1e-4 }, pce: { lambda: 1e-6 }, 'multi-similarity': { beta: 1e4 } };
  for (const scale of [1e-12, 1e12]) {
    const vectors = Float64Array.from(two.vectors, (value) => scale * value);
    const found = await information({ vectors, dimension: 2, labels }, { parameters });
    assert.deepEqual(figuresSchema.parse(found), found);
  }
});

test('a signal ends it, and the work is told', async () => {
  const signal = AbortSignal.abort();
  const vectors = Float64Array.from({ length: 3000 * 40 }, (_, at) => Math.sin(at * at));
  const input = { vectors, dimension: 40, labels: Array.from({ length: 3000 }, (_, at) => `${at % 3}`) };
  await assert.rejects(information(input, { signal }), { name: 'AbortError' });
  let last = -1;
  const onProgress = (done: number, total: number): void => {
    assert.ok(done > last && done <= total);
    last = done === total ? Number.POSITIVE_INFINITY : done;
  };
  await information({ ...two, labels }, { onProgress });
  assert.equal(last, Number.POSITIVE_INFINITY);
});

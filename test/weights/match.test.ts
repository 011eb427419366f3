import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { matchWeights, readWeights, type WeightTensor, weightsOf } from '../../src/weights/index.ts';
import { fixture } from '../support/repository.ts';

const floats = (...values: readonly number[]): WeightTensor => ({
  dims: [values.length],
  dataType: 'float32',
  data: Float32Array.from(values),
});

function failure(run: () => unknown): SnapshelfError {
  try {
    run();
  } catch (error) {
    if (error instanceof SnapshelfError) return error;
    throw error;
  }
  assert.fail('nothing was thrown');
}

test('half, brain and double precision become float32', async () => {
  const given = await readWeights(fixture('weights', 'zip.pth'));
  const expected = new Map([
    ['bfloat16', [6]],
    ['float16', [8]],
    ['float64', [3]],
  ]);
  const { weights } = matchWeights({ shapes: expected, ignore: [] }, given);
  assert.deepEqual([...weights.keys()], [...expected.keys()]);
  const half = [0, -0, 1.5, -65504, 2 ** -24, 6.103515625e-5, Number.POSITIVE_INFINITY, 0.0999755859375];
  const list = (name: string): number[] => [...(weights.get(name) ?? [])];
  assert.deepEqual(list('float16').slice(0, 5), half.slice(0, 5));
  assert.ok(Math.abs((list('float16')[5] ?? 0) - 6.1e-5) < 3e-8);
  assert.deepEqual(list('float16').slice(6), half.slice(6));
  assert.deepEqual(list('bfloat16').slice(0, 3), [0, -1, 3.140625]);
  assert.equal(list('bfloat16')[5], 0.10009765625);
  assert.deepEqual(list('float64'), [Math.fround(1 / 3), Number.POSITIVE_INFINITY, -(2 ** 60)]);
});

test('one error lists everything that is missing, unexpected or of another shape', () => {
  const given = new Map<string, WeightTensor>([
    ['a', floats(1, 2)],
    ['ids.extra\n', floats(1)],
    ['ids', { dims: [1], dataType: 'int64', data: new BigInt64Array(1) }],
    ['bn.num_batches_tracked', { dims: [], dataType: 'int64', data: new BigInt64Array(1) }],
  ]);
  const expected = new Map([
    ['a', [2, 1]],
    ['ids', [1]],
    ['missing', [3]],
  ]);
  const error = failure(() =>
    matchWeights({ shapes: expected, ignore: [/num_batches_tracked$/] }, weightsOf(given)),
  );
  assert.equal(error.code, 'weights-mismatch');
  assert.match(error.message, /1 missing: missing\n/);
  assert.match(error.message, /1 unexpected: "ids.extra\\n"\n/);
  assert.match(error.message, /a \(expected float \[2,1\], the file has float32 \[2\]\)/);
  assert.match(error.message, /ids \(expected float \[1\], the file has int64 \[1\]\)/);
});

test('of many names the first 20 are listed, the rest counted', () => {
  const expected = new Map(Array.from({ length: 45 }, (_, i) => [`layer${i}`, [1]] as const));
  const error = failure(() => matchWeights({ shapes: expected, ignore: [] }, weightsOf(new Map())));
  assert.match(error.message, /45 missing: layer0, .*layer19, and 25 more/);
  assert.deepEqual(error.details['missing'], {
    count: 45,
    first: Array.from({ length: 20 }, (_, i) => `layer${i}`),
  });
});

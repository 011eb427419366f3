import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import {
  describeTaken,
  matchWeights,
  readWeights,
  type Weights,
  type WeightTensor,
  weightsOf,
} from '../../src/weights/index.ts';
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

const net = {
  shapes: new Map([
    ['conv.weight', [1]],
    ['bn.bias', [1]],
  ]),
  ignore: [/^fc\./],
  optional: /^pool\./,
};
const dict = (prefix: string, value: number): [string, WeightTensor][] =>
  [...net.shapes.keys()].map((name) => [prefix + name, floats(value)]);
const file = (sets: Readonly<Record<string, readonly [string, WeightTensor][]>>): Weights => ({
  sets: Object.entries(sets).map(([key, all]) => ({ key, tensors: new Map(all), others: new Map() })),
});
const taken = (weights: Weights): [number | undefined, string | undefined] => {
  const match = matchWeights(net, weights);
  return [match.weights.get('conv.weight')?.[0], describeTaken(match.taken)];
};
const extra = (name: string): [string, WeightTensor] => [name, floats(9)];

/** Files with several sets and prefixes, what is taken (the number in it), and what is said. */
const places: Readonly<Record<string, readonly [Weights, number, string | undefined]>> = {
  'plain names': [file({ '': dict('', 1) }), 1, undefined],
  'a classifier is nothing to speak of': [
    file({ '': [...dict('m.', 1), extra('m.fc.weight')] }),
    1,
    'taken under "m."',
  ],
  'a wrapper inside a part': [
    file({
      '': [
        ['conv.module.weight', floats(1)],
        ['bn._orig_mod.bias', floats(1)],
      ],
    }),
    1,
    undefined,
  ],
  'averages before raw weights, by key': [
    file({ model: dict('', 1), ema: dict('', 2) }),
    2,
    'taken in "ema"',
  ],
  'averages before raw weights, by prefix': [
    file({ state_dict: [...dict('net.', 1), ...dict('ema_net.module.', 2)] }),
    2,
    'taken in "state_dict" under "ema_net.module."; left out net.conv.weight, net.bn.bias',
  ],
  'averages before raw weights, by their counter': [
    file({ model: dict('', 1), best: [extra('n_averaged'), ...dict('module.', 2)] }),
    2,
    'taken in "best" under "module."; left out n_averaged',
  ],
  'averages that do not fit give way': [
    file({ model: dict('', 1), model_ema: [extra('conv.weight')] }),
    1,
    'taken in "model"',
  ],
  'a usual key before others of the same names': [
    file({ momentum: dict('', 2), net: dict('', 1) }),
    1,
    'taken in "net"',
  ],
  'the next key where the first does not fit': [
    file({ model: [extra('head.weight')], net: dict('', 1) }),
    1,
    'taken in "net"',
  ],
  'one network under two names': [
    file({ '': [...dict('model.', 1), ...dict('model.net.', 1)] }),
    1,
    'taken under "model.net."; left out model.conv.weight, model.bn.bias',
  ],
};
for (const [what, [weights, value, said]] of Object.entries(places))
  test(`the place in the file: ${what}`, () => assert.deepEqual(taken(weights), [value, said]));

const refused: Readonly<Record<string, readonly [Weights, RegExp]>> = {
  'two networks that fit and differ': [
    file({ state_dict: [...dict('encoder_q.', 1), ...dict('encoder_k.', 2)] }),
    /several sets.* differ: in "state_dict" under "encoder_k.", and in "state_dict" under "encoder_q."\./,
  ],
  'two keys that fit and differ': [
    file({ student: dict('', 1), teacher: dict('', 2) }),
    /in "student"|in "teacher"/,
  ],
  'a network with more in a part': [
    file({ '': [...dict('m.', 1), extra('m.conv.se.weight')] }),
    /1 unexpected: conv.se.weight/,
  ],
  'a network with a part of ours that was not asked for': [
    file({ '': [...dict('', 1), extra('pool.p')] }),
    /1 unexpected: pool.p/,
  ],
  'parts under different prefixes': [
    file({
      '': [
        ['a.conv.weight', floats(1)],
        ['b.bn.bias', floats(1)],
      ],
    }),
    /under "[ab]." do not fit the network.*\n {2}1 missing/,
  ],
};
for (const [what, [weights, message]] of Object.entries(refused))
  test(`refused: ${what}`, () => assert.throws(() => taken(weights), { code: 'weights-mismatch', message }));

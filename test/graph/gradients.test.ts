// slow: takes seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as f from '../../src/graph/index.ts';
import { GraphBuilder, gradients, type OpType, operators, type Value } from '../../src/graph/index.ts';
import { encodeModel, type ModelProto } from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { type RuntimeTensor, Session } from '../../src/runtime/index.ts';
import { compareTensors, evaluate, numericGradient, type Tensor64 } from '../support/float64/index.ts';

/** Part of a graph whose gradients are tried: what is built from the inputs of these shapes. */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly build: (g: GraphBuilder, inputs: readonly Value[]) => Value;
  /** Where the numbers of the inputs lie. Default -1 to 1. */
  readonly range?: readonly [number, number];
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const shape = (rank: number) => fc.array(whole(1, 4), { minLength: rank, maxLength: rank });
const anyShape = whole(0, 4).chain(shape);
const at = (inputs: readonly Value[], position: number): Value => {
  const value = inputs[position];
  assert.ok(value);
  return value;
};

type Unary = (g: GraphBuilder, x: Value) => Value;
type Binary = (g: GraphBuilder, a: Value, b: Value) => Value;

const unary = (apply: Unary, range?: readonly [number, number]): fc.Arbitrary<Case> =>
  anyShape.map((one) => ({
    shapes: [one],
    build: (g, inputs) => apply(g, at(inputs, 0)),
    ...(range !== undefined && { range }),
  }));

/** Two shapes that broadcast: some axes of either are 1 or missing. */
const pairOfShapes = anyShape.chain((full) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
      fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
      whole(0, full.length),
    )
    .map(([a, b, dropped]) => [
      full.map((dim, axis) => (a[axis] ? 1 : dim)),
      full.map((dim, axis) => (b[axis] ? 1 : dim)).slice(dropped),
    ]),
);

const binary = (apply: Binary, range?: readonly [number, number]): fc.Arbitrary<Case> =>
  pairOfShapes.map((shapes) => ({
    shapes,
    build: (g, inputs) => apply(g, at(inputs, 0), at(inputs, 1)),
    ...(range !== undefined && { range }),
  }));

const axesOf = (rank: number): fc.Arbitrary<number[]> =>
  fc.subarray([...Array(rank).keys()], { minLength: 1 });

const reduction = (
  apply: (g: GraphBuilder, x: Value, axes: readonly number[], keep: boolean) => Value,
): fc.Arbitrary<Case> =>
  fc
    .tuple(whole(1, 4).chain(shape), fc.boolean())
    .chain(([one, keep]) => axesOf(one.length).map((axes) => ({ one, keep, axes })))
    .map(({ one, keep, axes }) => ({
      shapes: [one],
      build: (g: GraphBuilder, inputs: readonly Value[]) => apply(g, at(inputs, 0), axes, keep),
    }));

const pair = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));
const fourPads = fc.tuple(whole(0, 2), whole(0, 2), whole(0, 2), whole(0, 2));

const convolution: fc.Arbitrary<Case> = fc
  .record({
    batch: whole(1, 3),
    group: whole(1, 3),
    depth: whole(1, 6),
    filters: whole(1, 3),
    kernel: pair(1, 3),
    strides: pair(1, 3),
    dilations: pair(1, 2),
    pads: fourPads,
    size: pair(5, 8),
    depthwise: fc.boolean(),
    biased: fc.boolean(),
  })
  .map(({ batch, group, depth, filters, kernel, strides, dilations, pads, size, depthwise, biased }) => {
    const [inner, outer] = depthwise ? [1, group] : [depth, filters * group];
    const x = [batch, inner * group, ...size];
    const bias = biased ? [[outer]] : [];
    return {
      shapes: [x, [outer, inner, ...kernel], ...bias],
      build: (g: GraphBuilder, inputs: readonly Value[]) =>
        f.conv(g, at(inputs, 0), at(inputs, 1), { group, strides, dilations, pads }, inputs[2]),
    };
  });

/** With padding smaller than the kernel. */
const pooling = (pool: (g: GraphBuilder, x: Value, window: f.Window) => Value): fc.Arbitrary<Case> =>
  fc
    .record({ kernel: pair(1, 3), strides: pair(1, 3), pads: fourPads, size: pair(3, 6) })
    .map(({ kernel, strides, pads, size }) => {
      const [top, left, bottom, right] = pads.map((pad, side) => Math.min(pad, (kernel[side % 2] ?? 1) - 1));
      const window = { kernel, strides, pads: [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0] as const };
      return {
        shapes: [[2, 2, ...size]],
        build: (g: GraphBuilder, inputs: readonly Value[]) => pool(g, at(inputs, 0), window),
      };
    });

const normalizedShape = fc.oneof(
  fc.tuple(whole(2, 4), whole(1, 3)).map(([n, c]) => [n, c]),
  fc.tuple(whole(1, 3), whole(1, 3), pair(2, 3)).map(([n, c, size]) => [n, c, ...size]),
  // Maps long enough for the other way to add up products.
  fc.constant([2, 2, 16, 17]),
);

const normalization = (ofBatch: boolean): fc.Arbitrary<Case> =>
  normalizedShape.map((one) => ({
    shapes: [one, [one[1] ?? 1], [one[1] ?? 1], [one[1] ?? 1], [one[1] ?? 1]],
    range: [0.5, 2],
    build: (g, inputs) => {
      const [scale, bias, mean, variance] = [1, 2, 3, 4].map((position) => at(inputs, position)) as [
        Value,
        Value,
        Value,
        Value,
      ];
      const n = { scale, bias, mean, variance };
      if (!ofBatch) return f.batchNormalization(g, at(inputs, 0), n, 1e-2);
      return f.batchNormalizationOfBatch(g, at(inputs, 0), n, 1e-2).y;
    },
  }));

const sliced: fc.Arbitrary<Case> = fc
  .record({
    size: whole(1, 9),
    start: whole(-9, 8),
    end: whole(-9, 9),
    step: fc.constantFrom(1, 2, 3, -1, -2),
  })
  .map(({ size, start, end, step }) => ({
    shapes: [[2, size, 2]],
    build: (g: GraphBuilder, inputs: readonly Value[]) =>
      f.slice(g, at(inputs, 0), [{ axis: 1, start, end, step }]),
  }));

const product = (transA: boolean, transB: boolean, biased: boolean): fc.Arbitrary<Case> =>
  fc.tuple(whole(1, 4), whole(1, 4), whole(1, 4)).map(([m, k, n]) => ({
    shapes: [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], ...(biased ? [[n]] : [])],
    build: (g, inputs) => {
      const bias = inputs[2];
      const options = { transA, transB, ...(bias !== undefined && { bias }) };
      return f.gemm(g, at(inputs, 0), at(inputs, 1), options);
    },
  }));

/** For every operator with a gradient: graphs of which it is the heart. */
const cases: Partial<Record<OpType, fc.Arbitrary<Case>>> = {
  Add: binary(f.add),
  AveragePool: pooling(f.averagePool),
  BatchNormalization: fc.oneof(normalization(true), normalization(false)),
  Cast: unary((g, x) => f.cast(g, x, 'float32')),
  Clip: fc.oneof(
    unary((g, x) => f.clip(g, x, -0.4, 0.5)),
    unary((g, x) => f.clip(g, x, 0.1)),
  ),
  Concat: fc.tuple(whole(1, 3), whole(1, 3)).map(([a, b]) => ({
    shapes: [
      [2, a, 2],
      [2, b, 2],
    ],
    build: (g, inputs) => f.concat(g, inputs, 1),
  })),
  Conv: convolution,
  Div: binary(f.div, [0.5, 2]),
  Exp: unary(f.exp),
  Expand: shape(3).map((one) => ({
    shapes: [[1, one[1] ?? 1, 1]],
    build: (g, inputs) => f.expand(g, at(inputs, 0), one),
  })),
  Flatten: whole(1, 4)
    .chain(shape)
    .map((one) => ({ shapes: [one], build: (g, inputs) => f.flatten(g, at(inputs, 0)) })),
  Gemm: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()).chain((options) => product(...options)),
  GlobalAveragePool: shape(4).map((one) => ({
    shapes: [one],
    build: (g, inputs) => f.globalAveragePool(g, at(inputs, 0)),
  })),
  Log: unary(f.log, [0.5, 2]),
  LogSoftmax: whole(1, 3)
    .chain(shape)
    .map((one) => ({ shapes: [one], build: (g, inputs) => f.logSoftmax(g, at(inputs, 0)) })),
  MatMul: fc
    .tuple(whole(0, 2).chain(shape), whole(1, 3), whole(1, 3), whole(1, 3))
    .map(([lead, m, k, n]) => ({
      shapes: [
        [...lead, m, k],
        [...lead, k, n],
      ],
      build: (g, inputs) => f.matMul(g, at(inputs, 0), at(inputs, 1)),
    })),
  MaxPool: pooling(f.maxPool),
  Mul: binary(f.mul),
  Neg: unary(f.neg),
  Pad: fc.tuple(shape(2), whole(0, 2), whole(0, 2)).map(([one, before, after]) => ({
    shapes: [one],
    build: (g, inputs) => f.pad(g, at(inputs, 0), [{ axis: 1, before, after }]),
  })),
  Pow: binary(f.pow, [0.5, 2]),
  Reciprocal: unary(f.reciprocal, [0.5, 2]),
  ReduceMax: reduction(f.reduceMax),
  ReduceMean: reduction(f.reduceMean),
  ReduceSum: reduction(f.reduceSum),
  Relu: unary(f.relu),
  Reshape: shape(3).map((one) => ({
    shapes: [one],
    build: (g, inputs) => f.reshape(g, at(inputs, 0), [one.reduce((product, dim) => product * dim, 1)]),
  })),
  Slice: sliced,
  Softplus: unary(f.softplus, [-30, 30]),
  Sqrt: unary(f.sqrt, [0.5, 2]),
  Sub: binary(f.sub),
  Transpose: fc.tuple(shape(3), fc.shuffledSubarray([0, 1, 2], { minLength: 3 })).map(([one, perm]) => ({
    shapes: [one],
    build: (g, inputs) => f.transpose(g, at(inputs, 0), perm),
  })),
};

/** Numbers that differ from each other and from bounds by more than the step of the differences. */
function numbers(size: number, [low, high]: readonly [number, number], random: () => number): Float32Array {
  return Float32Array.from({ length: size }, () => low + (high - low) * random());
}

const count = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** A scalar that weighs every number of the output differently, and its gradients. */
function withGradients({ shapes, build }: Case, seed: number): GraphBuilder | undefined {
  const g = new GraphBuilder('case');
  const inputs = shapes.map((dims, position) => g.input(`x${position}`, 'float32', dims));
  let y: Value;
  try {
    y = build(g, inputs);
  } catch (error) {
    // Windows that do not fit and empty slices.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const dims = y.shape.map(Number);
  const weights = g.constant(
    'weights',
    'float32',
    dims,
    numbers(count(dims), [0.5, 1.5], randomNumbers(seed)),
  );
  const loss = f.reduceSum(g, f.mul(g, y, weights), [...dims.keys()], false);
  // Some inputs do not matter, such as the statistics that a batch replaces.
  const sources = inputs.filter(({ name }) => name === 'x0' || shapes.length < 5 || name < 'x3');
  for (const [position, gradient] of gradients(g, loss, sources).entries())
    g.output(gradient, `dx${position}`);
  g.output(loss, 'loss');
  return g;
}

type Said = { readonly dims: number[]; readonly data: Float32Array };

/** A small gradient number by number, a large one along random directions. */
function assertByDifferences(
  model: ModelProto,
  feeds: Readonly<Record<string, Tensor64>>,
  wrt: string,
  said: Said,
  random: () => number,
): void {
  if (said.data.length <= 24) {
    const numeric = numericGradient(model, feeds, 'loss', wrt);
    assert.equal(compareTensors(said, numeric, { relative: 2e-4, absolute: 2e-4 }), undefined, wrt);
    return;
  }
  for (let turn = 0; turn < 3; turn += 1) {
    const direction = Float64Array.from(said.data, () => random() - 0.5);
    const slope = slopeAlong(model, feeds, wrt, direction);
    const expected = direction.reduce((sum, part, i) => sum + part * (said.data[i] ?? Number.NaN), 0);
    const scale = Math.sqrt(said.data.reduce((sum, part) => sum + part * part, 0));
    assert.ok(
      Math.abs(slope - expected) <= 2e-4 * (1 + scale),
      `${wrt}: ${expected}, by differences ${slope}`,
    );
  }
}

/** The derivative of the loss along a direction, by central differences in float64. */
function slopeAlong(
  model: ModelProto,
  feeds: Readonly<Record<string, Tensor64>>,
  wrt: string,
  direction: Float64Array,
): number {
  const step = 1e-6;
  const { dims, data } = feeds[wrt] ?? { dims: [], data: new Float64Array() };
  const [after, before] = [step, -step].map((way) => {
    const moved = data.map((value, i) => value + way * (direction[i] ?? 0));
    return evaluate(model, { ...feeds, [wrt]: { dims, data: moved } }).get('loss')?.data[0] ?? Number.NaN;
  });
  return ((after ?? 0) - (before ?? 0)) / (2 * step);
}

async function check(one: Case, seed: number): Promise<void> {
  const g = withGradients(one, seed);
  if (g === undefined) return;
  const model = g.build(new Map());
  const random = randomNumbers(seed);
  const data = one.shapes.map((dims) => numbers(count(dims), one.range ?? [-1, 1], random));
  const named = <T>(tensor: (dims: readonly number[], data: Float32Array) => T): Record<string, T> =>
    Object.fromEntries(
      one.shapes.map((dims, at) => [`x${at}`, tensor(dims, data[at] ?? new Float32Array())]),
    );
  const feeds = named<Tensor64>((dims, values) => ({ dims: [...dims], data: Float64Array.from(values) }));
  await using session = await Session.open(encodeModel(model), { provider: 'cpu', threads: 1 });
  const outputs = await session.run(
    named<RuntimeTensor>((dims, values) => ({ type: 'float32', dims, data: values })),
  );
  const reference = evaluate(model, feeds);
  for (const name of session.outputNames.filter((output) => output.startsWith('dx'))) {
    const wrt = `x${name.slice(2)}`;
    const actual = outputs[name];
    assert.ok(actual);
    const own = reference.get(name);
    assert.ok(own);
    const said = { dims: [...actual.dims], data: actual.data as Float32Array };
    assertByDifferences(model, feeds, wrt, said, random);
    assert.equal(
      compareTensors(said, own, { relative: 1e-4, absolute: 1e-5 }),
      undefined,
      `${wrt}, in float64`,
    );
  }
}

for (const [opType, { gradient }] of Object.entries(operators)) {
  if (gradient === undefined) continue;
  test(`the gradient of ${opType} is that of finite differences in float64`, async () => {
    const arbitrary = cases[opType as OpType];
    assert.ok(arbitrary, `there is no case for ${opType}`);
    await fc.assert(
      fc.asyncProperty(arbitrary, whole(1, 1e6), (one, seed) => check(one, seed)),
      { numRuns: opType === 'Conv' ? 40 : 15 },
    );
  });
}

test('what is no scalar, or does not depend on the source, has no gradient', () => {
  const g = new GraphBuilder('refused');
  const x = g.input('x', 'float32', [2]);
  const other = g.input('other', 'float32', [2]);
  const y = f.reduceSum(g, x, [0], false);
  assert.throws(() => gradients(g, x, [x]), /must be a scalar, not x of float32\[2\]/);
  assert.throws(() => gradients(g, y, [other]), /does not depend on other/);
  const attributes = { alpha: { float: 1 }, beta: { float: 0 } };
  const blocked = f.reduceSum(g, g.apply('HardSigmoid', [x], attributes), [0], false);
  assert.throws(() => gradients(g, blocked, [x]), /HardSigmoid has no gradient for its input 0/);
});

test('a value that is read twice gets both gradients', async () => {
  await check(
    { shapes: [[3, 2]], build: (g, [x]) => f.mul(g, at([x] as Value[], 0), f.exp(g, at([x] as Value[], 0))) },
    3,
  );
});

const own = (inputs: readonly Value[]): Value => at(inputs, 0);
const inFloat64 =
  (apply: Unary): Unary =>
  (g, x) =>
    f.cast(g, apply(g, f.cast(g, x, 'float64')), 'float32');
const inOtherTypes: Readonly<Record<string, Case>> = {
  Relu: { shapes: [[4, 3]], build: (g, inputs) => inFloat64(f.relu)(g, own(inputs)) },
  Clip: {
    shapes: [[4, 3]],
    build: (g, inputs) => inFloat64((h, x) => f.clip(h, x, -0.4, 0.5))(g, own(inputs)),
  },
  ReduceMax: {
    shapes: [[4, 3]],
    build: (g, inputs) => inFloat64((h, x) => f.reduceMax(h, x, [1], true))(g, own(inputs)),
  },
};
for (const [name, one] of Object.entries(inOtherTypes))
  test(`the gradient of ${name} in float64 is that of finite differences too`, () => check(one, 7));

test('a log-sum-exp of numbers beyond the range of exp is finite, with its gradient', async () => {
  for (const range of [
    [900, 901],
    [-901, -900],
  ] as const)
    await check({ shapes: [[3, 4]], range, build: (g, inputs) => f.logSumExp(g, own(inputs), 1) }, 5);
});

test('the gradient of the greatest number is shared by equal ones, and stops where it is told to', async () => {
  const g = new GraphBuilder('shared');
  const x = g.input('x', 'float32', [4]);
  const stopped = f.mul(g, f.stopGradient(g, x), x);
  const loss = f.add(g, f.reduceMax(g, x, [0], false), f.reduceSum(g, stopped, [0], false));
  for (const gradient of gradients(g, loss, [x])) g.output(gradient, 'dx');
  await using session = await Session.open(encodeModel(g.build(new Map())), { provider: 'cpu', threads: 1 });
  const data = Float32Array.of(2, 1, 2, 0);
  const outputs = await session.run({ x: { type: 'float32', dims: [4], data } });
  assert.deepEqual([...(outputs['dx']?.data ?? [])], [2.5, 1, 2.5, 0]);
});

test('no gradient flows back through a comparison', async () => {
  const g = new GraphBuilder('compared');
  const x = g.input('x', 'float32', [3]);
  const isPositive = f.cast(g, f.greater(g, x, f.numberLike(g, x, 0)), 'float32');
  const loss = f.reduceSum(g, f.mul(g, x, isPositive), [0], false);
  for (const gradient of gradients(g, loss, [x])) g.output(gradient, 'dx');
  await using session = await Session.open(encodeModel(g.build(new Map())), { provider: 'cpu', threads: 1 });
  const { dx } = await session.run({ x: { type: 'float32', dims: [3], data: Float32Array.of(2, -1, 3) } });
  assert.deepEqual([...(dx?.data ?? [])], [1, 0, 1]);
});

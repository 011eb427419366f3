import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GraphBuilder } from '../../src/graph/index.ts';
import { buildNetwork } from '../../src/nn/index.ts';
import {
  type AttributeValue,
  encodeModel,
  type ModelProto,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { Session } from '../../src/runtime/index.ts';
import {
  compareTensors,
  evaluate,
  generate,
  numericGradient,
  type Tensor64,
} from '../support/float64/index.ts';

const float = fc.double({ min: -2, max: 2, noNaN: true });

test('a whole network in float64 is what ONNX Runtime computes', async () => {
  const g = new GraphBuilder('network');
  const x = g.input('x', 'float32', [2, 3, 32, 32]);
  g.output(buildNetwork(g, 'resnet18', x, { width: 1 / 16 }).feature, 'y');
  const random = randomNumbers(1);
  // Weights by their fan-in keep the numbers near 1 from layer to layer.
  const initial = (dims: readonly number[]): number => {
    const fanIn = dims.slice(1).reduce((product, dim) => product * dim, 1);
    return dims.length > 1 ? (random() - 0.5) * Math.sqrt(12 / fanIn) : 0.5 + random();
  };
  const parameters = new Map(
    [...g.parameters].map(([name, dims]) => [
      name,
      Float32Array.from(generate(dims, () => initial(dims)).data),
    ]),
  );
  const model = g.build(parameters);
  const feed = generate([2, 3, 32, 32], () => Math.fround(random() - 0.5));
  const expected = evaluate(model, { x: feed }).get('y');
  assert.ok(expected);
  await using session = await Session.open(encodeModel(model), { provider: 'cpu', threads: 1 });
  const { y } = await session.run({
    x: { type: 'float32', dims: feed.dims, data: Float32Array.from(feed.data) },
  });
  assert.ok(y?.data instanceof Float32Array);
  const actual = { dims: y.dims, data: y.data };
  assert.equal(compareTensors(actual, expected, { relative: 1e-5, absolute: 1e-5 }), undefined);
});

/** `loss = sum(w * x^3)`, with w an initializer. */
function cubic(w: Float32Array): ModelProto {
  const n = w.length;
  const nodes = [
    makeNode({ opType: 'Mul', inputs: ['x', 'x'], outputs: ['square'] }),
    makeNode({ opType: 'Mul', inputs: ['square', 'x'], outputs: ['cube'] }),
    makeNode({ opType: 'Mul', inputs: ['cube', 'w'], outputs: ['weighted'] }),
    makeNode({ opType: 'ReduceSum', inputs: ['weighted'], outputs: ['loss'], attributes: { keepdims: 0 } }),
  ];
  const graph = makeGraph({
    name: 'cubic',
    nodes,
    inputs: [makeValueInfo('x', 'float32', [n])],
    outputs: [makeValueInfo('loss', 'float32', [])],
    initializers: [makeTensor('w', 'float32', [n], w)],
  });
  return makeModel(graph, { '': 17 }, 8);
}

const vector = (data: ArrayLike<number>): Tensor64 => ({
  dims: [data.length],
  data: Float64Array.from(data),
});

test('numeric gradients are the derivatives, by input, initializer and value between', () => {
  const numbers = fc.array(fc.tuple(float, float), { minLength: 1, maxLength: 5 });
  const property = fc.property(numbers, (pairs) => {
    const [x, w] = [pairs.map(([a]) => a), Float32Array.from(pairs, ([, b]) => b)];
    const expected = {
      x: x.map((a, i) => 3 * a * a * (w[i] ?? Number.NaN)),
      w: x.map((a) => a ** 3),
      square: x.map((a, i) => a * (w[i] ?? Number.NaN)),
    };
    for (const [name, derivative] of Object.entries(expected)) {
      const actual = numericGradient(cubic(w), { x: vector(x) }, 'loss', name);
      const tolerance = { relative: 1e-8, absolute: 1e-7 };
      assert.equal(compareTensors(actual, vector(derivative), tolerance), undefined, name);
    }
  });
  fc.assert(property, { seed: 1 });
});

test('feeds override initializers, for values and for gradients', () => {
  const feeds = { x: vector([1, 2]), w: vector([3, 5]) };
  const model = cubic(Float32Array.of(7, 7));
  assert.deepEqual([...(evaluate(model, feeds).get('loss')?.data ?? [])], [43]);
  const gradient = numericGradient(model, feeds, 'loss', 'x');
  assert.equal(compareTensors(gradient, vector([9, 60]), { relative: 1e-8, absolute: 0 }), undefined);
});

test('what is no gradient is refused', () => {
  const feeds = { x: vector([1, 2]) };
  const model = cubic(Float32Array.of(1, 1));
  assert.throws(() => numericGradient(model, feeds, 'square', 'x'), /square is 2 numbers/);
  assert.throws(() => numericGradient(model, feeds, 'loss', 'nowhere'), /no value nowhere/);
});

const single = (
  opType: string,
  attributes: Record<string, AttributeValue> = {},
  inputs = ['x'],
): ModelProto => {
  const node = makeNode({ opType, inputs, outputs: ['y'], attributes });
  const x = makeValueInfo('x', 'float32', [2]);
  return makeModel(
    makeGraph({ name: 'one', nodes: [node], inputs: [x], outputs: [], initializers: [] }),
    { '': 17 },
    8,
  );
};

test('what the interpreter does not know it refuses by name', () => {
  const feeds = { x: vector([1, 2]) };
  assert.throws(() => evaluate(single('Einsum'), feeds), /Einsum/);
  assert.throws(() => evaluate(single('Relu', { slope: 1 }), feeds), /Relu.*attribute slope/);
  assert.throws(() => evaluate(single('Relu', {}, ['x', 'x']), feeds), /Relu.*input 1/);
  assert.throws(() => evaluate(single('Add', {}, ['x']), feeds), /Add.*input 1/);
  assert.throws(() => evaluate(single('Softmax', { axis: { float: 0.5 } }), feeds), /Softmax.*axis/);
  assert.throws(() => evaluate(single('Relu'), {}), /x, which has no value/);
  assert.throws(() => evaluate(single('Relu'), { ...feeds, z: vector([]) }), RangeError);
  assert.throws(() => evaluate(single('Relu'), { x: { dims: [3], data: new Float64Array(2) } }), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  batchNormalization,
  cast,
  conv,
  flatten,
  GraphBuilder,
  globalAveragePool,
  maxPool,
  relu,
  transpose,
  type Value,
} from '../../src/graph/index.ts';

type Attempt = (g: GraphBuilder, x: Value) => unknown;

const kernel = [2, 2] as const;
const weight = (g: GraphBuilder, ...shape: number[]): Value => g.parameter('w', shape);

/** What is tried on `x: float32[N,3,8,8]`, and what its error says. */
const refused: Readonly<Record<string, readonly [Attempt, RegExp]>> = {
  'other channels': [
    (g, x) => conv(g, x, weight(g, 4, 2, 3, 3)),
    /^Conv\(x: float32\[N,3,8,8\], w: float32\[4,2,3,3\]\): 3 channels do not fit/,
  ],
  'a kernel larger than the map': [
    (g, x) => conv(g, x, weight(g, 4, 3, 9, 9)),
    /^Conv\(x: .*A window of 9 does not fit 8/,
  ],
  'a weight without a kernel': [(g, x) => conv(g, x, weight(g, 4, 3)), /^Conv\(.*w must be of rank 4/],
  'filters that groups do not divide': [
    (g, x) => conv(g, x, weight(g, 4, 1, 3, 3), { group: 3 }),
    /^Conv\(.*no multiple of 3/,
  ],
  'a bias for other filters': [
    (g, x) => conv(g, x, weight(g, 4, 3, 3, 3), {}, g.parameter('b', [3])),
    /^Conv\(.*b must have one/,
  ],
  'a bias of two axes': [
    (g, x) => conv(g, x, weight(g, 4, 3, 3, 3), {}, g.parameter('b', [4, 1])),
    /^Conv\(.*b must be of rank 1/,
  ],
  'a stride of nothing': [
    (g, x) => conv(g, x, weight(g, 4, 3, 3, 3), { strides: [0, 1] }),
    /^Conv\(.*strides must be .*\[0,1\]/,
  ],
  'half a stride': [
    (g, x) => conv(g, x, weight(g, 4, 3, 3, 3), { strides: [1, 1.5] }),
    /^Conv\(.*strides must be .*\[1,1.5\]/,
  ],
  'negative padding': [
    (g, x) => maxPool(g, x, { kernel, pads: [-1, 0, 0, 0] }),
    /^MaxPool\(.*pads must be .*\[-1,0,0,0\]/,
  ],
  'padding as large as the kernel': [
    (g, x) => maxPool(g, x, { kernel, pads: [0, 2, 0, 0] }),
    /^MaxPool\(.*padding/,
  ],
  'a pooled matrix': [
    (g) => maxPool(g, g.input('m', 'float32', ['N', 3]), { kernel }),
    /^MaxPool\(m: float32\[N,3\]\): m must be of rank 4/,
  ],
  'the mean of a matrix': [
    (g) => globalAveragePool(g, g.input('m', 'float32', ['N', 3])),
    /^GlobalAveragePool\(m: /,
  ],
  'a height that is not known': [
    (g) => conv(g, g.input('h', 'float32', ['N', 3, 'H', 8]), weight(g, 4, 3, 3, 3)),
    /^Conv\(h: float32\[N,3,H,8\].*Axis 2/,
  ],
  'flattening what is not known': [
    (g) => flatten(g, g.input('h', 'float32', ['N', 3, 'H'])),
    /^Flatten\(h: /,
  ],
  'a normalisation of other channels': [
    (g, x) => {
      const c = g.parameter('c', [4]);
      return batchNormalization(g, x, { scale: c, bias: c, mean: c, variance: c }, 1e-5);
    },
    /^BatchNormalization\(x: .*each of 3 channels/,
  ],
  'shapes that do not broadcast': [
    (g, x) => add(g, x, g.parameter('b', [5])),
    /^Add\(x: .*b: float32\[5\]\): /,
  ],
  'bytes with floats': [(g, x) => add(g, x, cast(g, x, 'uint8')), /^Add\(.*same floating-point type/],
  'a ReLU of bytes': [(g, x) => relu(g, cast(g, x, 'uint8')), /^Relu\(Cast_0: uint8/],
  'an axis twice': [(g, x) => transpose(g, x, [0, 1, 1, 2]), /^Transpose\(x: .*\[0,1,1,2\]/],
  'a value of another graph with the same name': [
    (g) => relu(g, new GraphBuilder('other').input('x', 'float32', [1])),
    /^Relu reads x, which is not in graph/,
  ],
  'an output of another graph': [
    (g) => g.output(new GraphBuilder('other').input('x', 'float32', [1]), 'y'),
    /^Output y reads x/,
  ],
  'a name for two values': [(g) => g.input('x', 'float32', [1]), /x is taken twice/],
  'no name': [(g) => g.input('', 'float32', [1]), /has no name/],
  'a negative size': [(g) => g.input('y', 'float32', [-1]), /float32\[-1\]/],
  'half a size': [(g) => g.parameter('p', [1.5]), /float32\[1.5\]/],
  'a parameter without numbers': [
    (g, x) => {
      g.output(add(g, x, g.parameter('b', [8])), 'y');
      return g.build(new Map());
    },
    /Parameter b has no numbers/,
  ],
  'a graph without outputs': [(g) => g.build(new Map()), /has no output/],
};

for (const [what, [attempt, message]] of Object.entries(refused)) {
  test(`${what}: refused while the graph is built`, () => {
    const g = new GraphBuilder('refused');
    const x = g.input('x', 'float32', ['N', 3, 8, 8]);
    assert.throws(() => attempt(g, x), { name: 'RangeError', message });
  });
}

test('a refused node leaves the graph as it was', () => {
  const g = new GraphBuilder('same');
  const x = g.input('x', 'float32', ['N', 3]);
  const parameter = g.parameter('p', [4]);
  assert.throws(() => add(g, x, parameter), RangeError);
  g.output(relu(g, x), 'y');
  const model = g.build(new Map([['p', new Float32Array(4)]]));
  assert.deepEqual(
    model.graph?.node.map(({ opType }) => opType),
    ['Relu', 'Identity'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  add,
  broadcast,
  clip,
  conv,
  flatten,
  GraphBuilder,
  maxPool,
  type Value,
} from '../../src/graph/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';

async function actualShape(
  g: GraphBuilder,
  value: Value,
  inputShape: readonly number[],
  parameters = new Map<string, Float32Array>(),
) {
  g.output(value, 'y');
  await using session = await Session.open(encodeModel(g.build(parameters)), { provider: 'cpu', threads: 1 });
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  const { y } = await session.run({ x: { type: 'float32', dims: inputShape, data: new Float32Array(size) } });
  return y?.dims;
}

const pair = (minimum: number, maximum: number) =>
  fc.tuple(fc.integer({ min: minimum, max: maximum }), fc.integer({ min: minimum, max: maximum }));
const window = fc.record({
  kernel: pair(1, 4),
  strides: pair(1, 3),
  pads: fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
  ),
  dilations: pair(1, 2),
});
const batched = (value: Value, batch: number): number[] =>
  value.shape.map((dim) => (dim === 'N' ? batch : Number(dim)));

test('the shape of a convolution is the one that ONNX Runtime gives', async () => {
  const channels = fc.record({
    group: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      window,
      channels,
      pair(9, 14),
      async ({ kernel, ...options }, { group, perGroup, filters }, size) => {
        const g = new GraphBuilder('conv');
        const x = g.input('x', 'float32', ['N', group * perGroup, ...size]);
        const shape = [group * filters, perGroup, ...kernel];
        const y = conv(g, x, g.parameter('w', shape), { ...options, group });
        const weights = new Map([['w', new Float32Array(shape.reduce((product, dim) => product * dim, 1))]]);
        assert.deepEqual(await actualShape(g, y, [2, group * perGroup, ...size], weights), batched(y, 2));
      },
    ),
    { numRuns: 40 },
  );
});

test('the shape of a pooled map is the one that ONNX Runtime gives', async () => {
  await fc.assert(
    fc.asyncProperty(window, pair(9, 14), async ({ kernel, strides, pads, dilations }, size) => {
      const smallPads = pads.map((pad, side) => Math.min(pad, (kernel[side % 2] ?? 1) - 1)) as [
        number,
        number,
        number,
        number,
      ];
      const g = new GraphBuilder('pool');
      const y = flatten(
        g,
        maxPool(g, g.input('x', 'float32', ['N', 2, ...size]), {
          kernel,
          strides,
          dilations,
          pads: smallPads,
        }),
      );
      assert.deepEqual(await actualShape(g, y, [3, 2, ...size]), batched(y, 3));
    }),
    { numRuns: 40 },
  );
});

test('what does not fit is refused while the graph is built, naming the operator, its inputs and their shapes', () => {
  const g = new GraphBuilder('wrong');
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  assert.throws(
    () => conv(g, x, g.parameter('w', [4, 2, 3, 3])),
    /Conv\(x: float32\[N,3,8,8\], w: float32\[4,2,3,3\]\)/,
  );
  assert.throws(() => conv(g, x, g.parameter('large', [4, 3, 9, 9])), /does not fit/);
  assert.throws(() => add(g, x, g.parameter('b', [5])), RangeError);
  assert.throws(() => g.input('x', 'float32', [1]), /taken twice/);
  assert.throws(() => clip(new GraphBuilder('other'), x, 0, 6), /not in this graph/);
  assert.throws(() => g.build(new Map()), /the parameter w has no numbers/);
});

test('broadcasting is NumPy’s', () => {
  assert.deepEqual(broadcast(['N', 3, 1], [3, 5]), ['N', 3, 5]);
  assert.deepEqual(broadcast([1], ['N', 2]), ['N', 2]);
  assert.equal(broadcast(['N', 3], [2]), undefined);
});

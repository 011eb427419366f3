import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  add,
  broadcast,
  conv,
  flatten,
  GraphBuilder,
  maxPool,
  transpose,
  type Value,
  type Window,
} from '../../src/graph/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';

const batch = 2;
const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);
const zeros = (shape: readonly number[]): Float32Array => new Float32Array(elements(shape));
const batched = (value: Value): number[] => value.shape.map((dim) => (dim === 'N' ? batch : Number(dim)));

/** Asserts that ONNX Runtime takes the graph and gives `y` the shape that was inferred; all numbers are zero. */
async function assertActualShape(g: GraphBuilder, y: Value, inputs: readonly Value[]): Promise<void> {
  g.output(y, 'y');
  const parameters = new Map([...g.parameters].map(([name, shape]) => [name, zeros(shape)]));
  await using session = await Session.open(encodeModel(g.build(parameters)), { provider: 'cpu', threads: 1 });
  const feeds = inputs.map((input) => {
    const dims = batched(input);
    return [input.name, { type: 'float32', dims, data: zeros(dims) }] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  assert.deepEqual(outputs['y']?.dims, batched(y));
}

/** What a builder function returns, or undefined when it refuses. */
function unlessRefused(build: () => Value): Value | undefined {
  try {
    return build();
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error));
    return undefined;
  }
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));
const window = (maxPad: number) =>
  fc.record({
    kernel: pair(1, 5),
    strides: pair(1, 3),
    pads: fc.tuple(whole(0, maxPad), whole(0, maxPad), whole(0, maxPad), whole(0, maxPad)),
    dilations: pair(1, 3),
  });

/** Whether the window has a place, said otherwise than in the source: its first place ends inside the padded map. */
const fits = ({ kernel, pads, dilations }: Required<Window>, size: readonly [number, number]): boolean =>
  size.every((pixels, axis) => {
    const padded = pixels + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    return (dilations[axis] ?? 0) * ((kernel[axis] ?? 0) - 1) < padded;
  });

test('a convolution has the shape that ONNX Runtime gives, and is refused only where its window has no place', async () => {
  const channels = fc.record({ group: whole(1, 3), perGroup: whole(1, 2), filters: whole(1, 2) });
  const property = fc.asyncProperty(window(3), channels, pair(1, 12), async (chosen, c, size) => {
    const { kernel, ...options } = chosen;
    const g = new GraphBuilder('conv');
    const x = g.input('x', 'float32', ['N', c.group * c.perGroup, ...size]);
    const w = g.parameter('w', [c.group * c.filters, c.perGroup, ...kernel]);
    const y = unlessRefused(() =>
      conv(g, x, w, { ...options, group: c.group }, g.parameter('b', [c.group * c.filters])),
    );
    assert.equal(y !== undefined, fits(chosen, size));
    if (y !== undefined) await assertActualShape(g, y, [x]);
  });
  await fc.assert(property, { numRuns: 60 });
});

test('a pooled map has the shape that ONNX Runtime gives, and is refused only where its window has no place', async () => {
  const property = fc.asyncProperty(window(2), pair(1, 12), async (chosen, size) => {
    const g = new GraphBuilder('pool');
    const x = g.input('x', 'float32', ['N', 2, ...size]);
    const y = unlessRefused(() => maxPool(g, x, chosen));
    const padded = chosen.pads.some((pad, side) => pad >= (chosen.kernel[side % 2] ?? 0));
    assert.equal(y !== undefined, fits(chosen, size) && !padded);
    if (y !== undefined) await assertActualShape(g, y, [x]);
  });
  await fc.assert(property, { numRuns: 60 });
});

const shape = fc.array(whole(1, 3), { maxLength: 4 });

test('a sum has the shape that ONNX Runtime gives', async () => {
  const property = fc.asyncProperty(shape, shape, async (a, b) => {
    const g = new GraphBuilder('sum');
    const [x, p] = [g.input('x', 'float32', a), g.parameter('p', b)];
    const y = unlessRefused(() => add(g, x, p));
    if (y !== undefined) await assertActualShape(g, y, [x]);
  });
  await fc.assert(property, { numRuns: 40 });
});

test('exchanged and flattened axes have the sizes that ONNX Runtime gives', async () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  const property = fc.asyncProperty(
    fc.array(whole(1, 4), { minLength: 4, maxLength: 4 }),
    order,
    async (sizes, perm) => {
      const g = new GraphBuilder('axes');
      const x = g.input('x', 'float32', sizes);
      await assertActualShape(g, flatten(g, transpose(g, x, perm)), [x]);
    },
  );
  await fc.assert(property, { numRuns: 20 });
});

test('broadcasting is NumPy’s', () => {
  assert.deepEqual(broadcast(['N', 3, 1], [3, 5]), ['N', 3, 5]);
  assert.deepEqual(broadcast([1], ['N', 2]), ['N', 2]);
  assert.equal(broadcast(['N', 3], [2]), undefined);
  assert.equal(broadcast(['N'], [2]), undefined);
});

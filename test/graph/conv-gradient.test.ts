import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputGradientStrategies, inputGradientStrategy } from '../../src/graph/conv-input-gradient.ts';
import { weightGradientStrategies, weightGradientStrategy } from '../../src/graph/conv-weight-gradient.ts';
import { type ConvOptions, conv, GraphBuilder, type TrainingMode } from '../../src/graph/index.ts';

interface Case {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly options?: ConvOptions;
  readonly training?: Partial<TrainingMode>;
  readonly input: string;
  readonly weightGradient: string;
}

const cuda = { provider: 'cuda' } as const;

const cases: Readonly<Record<string, Case>> = {
  'a kernel of 3 on small maps': {
    x: [4, 16, 8, 8],
    weight: [8, 16, 3, 3],
    options: { pads: [1, 1, 1, 1] },
    input: 'mirrored convolution',
    weightGradient: 'convolution of the batch by its gradient',
  },
  'a kernel of 3 on large maps, with a stride': {
    x: [4, 3, 64, 64],
    weight: [8, 3, 3, 3],
    options: { strides: [2, 2] },
    input: 'transposed convolution',
    weightGradient: 'convolution of each picture by its gradient',
  },
  'more padding than the kernel reaches': {
    x: [1, 3, 4, 4],
    weight: [2, 3, 1, 1],
    options: { pads: [1, 1, 1, 1] },
    input: 'transposed convolution',
    weightGradient: 'a product for each picture',
  },
  'a kernel of 1 with a stride on small maps': {
    x: [4, 64, 8, 8],
    weight: [64, 64, 1, 1],
    options: { strides: [2, 2] },
    input: 'spread product of a kernel of 1',
    weightGradient: 'one product',
  },
  'the same on CUDA': {
    x: [4, 64, 8, 8],
    weight: [64, 64, 1, 1],
    options: { strides: [2, 2] },
    training: cuda,
    input: 'transposed convolution',
    weightGradient: 'one product',
  },
  'a kernel of 3 on CUDA': {
    x: [4, 16, 8, 8],
    weight: [8, 16, 3, 3],
    training: cuda,
    input: 'mirrored convolution',
    weightGradient: 'a product for each picture',
  },
  'two groups': {
    x: [2, 4, 5, 5],
    weight: [4, 2, 3, 3],
    options: { group: 2 },
    input: 'transposed convolution',
    weightGradient: 'each group separately',
  },
  'every channel separately, in blocks, with a stride': {
    x: [2, 16, 8, 8],
    weight: [16, 1, 3, 3],
    options: { group: 16, strides: [2, 2], pads: [1, 1, 1, 1] },
    training: { channelBlock: 16 },
    input: 'depthwise convolution in blocks of a spread gradient',
    weightGradient: 'depthwise convolution by the gradient',
  },
  'every channel separately, on CUDA': {
    x: [2, 16, 8, 8],
    weight: [16, 1, 3, 3],
    options: { group: 16, pads: [1, 1, 1, 1] },
    training: cuda,
    input: 'mirrored convolution',
    weightGradient: 'depthwise, tap by tap',
  },
};

for (const [title, one] of Object.entries(cases))
  test(`${title}: the gradients of a convolution are computed by the expected strategy`, () => {
    const g = new GraphBuilder('strategies', { batchNorm: 'batch', ...one.training });
    const y = conv(g, g.input('x', 'float32', one.x), g.parameter('weight', one.weight), one.options);
    const node = g.nodes.at(-1);
    assert.ok(node);
    const dy = g.input('dy', 'float32', y.shape);
    assert.equal(inputGradientStrategy(g, node, dy), one.input);
    assert.equal(weightGradientStrategy(g, node, dy), one.weightGradient);
  });

test('every strategy is reached by one of these shapes', () => {
  const reached = Object.values(cases);
  assert.deepEqual(
    [...new Set(reached.map(({ input }) => input))].sort(),
    [...inputGradientStrategies].sort(),
  );
  assert.deepEqual(
    [...new Set(reached.map(({ weightGradient }) => weightGradient))].sort(),
    [...weightGradientStrategies].sort(),
  );
});

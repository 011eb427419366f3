// slow: takes seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, architectures, buildNetwork, type NetworkOptions } from '../../src/nn/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';

/** D of each. */
const dimensions: Readonly<Record<string, number>> = {
  resnet18: 512,
  resnet34: 512,
  resnet50: 2048,
  resnet101: 2048,
  'efficientnet-lite0': 1280,
};
/** Learned numbers without the classifier, as torchvision states them. */
const learned: Readonly<Record<string, number>> = { resnet18: 11_176_512, resnet50: 23_508_032 };

function build(name: string) {
  const g = new GraphBuilder(name);
  const { feature, dimension } = buildNetwork(g, name, g.input('image', 'float32', ['N', 3, 224, 224]));
  g.output(feature, 'feature');
  return { g, dimension };
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

for (const name of architectures) {
  test(`${name} at full size builds, has its dimension, and ONNX Runtime takes it`, {
    timeout: 60_000,
  }, async () => {
    const { g, dimension } = build(name);
    assert.equal(dimension, dimensions[name]);
    const trained = [...g.parameters].filter(([parameter]) => !parameter.includes('running_'));
    const count = trained.reduce((total, [, shape]) => total + elements(shape), 0);
    if (learned[name] !== undefined) assert.equal(count, learned[name]);
    const zeros = new Map(
      [...g.parameters].map(([parameter, shape]) => [parameter, new Float32Array(elements(shape))]),
    );
    await using session = await Session.open(encodeModel(g.build(zeros)), { provider: 'cpu' });
    assert.deepEqual(session.outputNames, ['feature']);
  });
}

test('an unknown architecture is refused with the known ones', () => {
  assert.throws(() => architectureOf('resnet51'), /resnet50/);
  assert.throws(() => architectureOf('__proto__'), RangeError);
});

test('options that a network does not have are refused, never ignored', () => {
  const attempt = (name: string, options: object) => () => {
    const g = new GraphBuilder(name);
    buildNetwork(g, name, g.input('image', 'float32', ['N', 3, 64, 64]), options as NetworkOptions);
  };
  assert.throws(attempt('resnet18', { laststride: 1 }), /no option laststride/);
  assert.throws(attempt('resnet18', { lastStride: 3 }), /lastStride must be 1 or 2, not 3/);
  assert.throws(attempt('resnet18', { pooling: 'max' }), /pooling must be "average" or "gem", not "max"/);
  assert.throws(attempt('resnet18', { width: Number.NaN }), /width must be .*, not NaN/);
  assert.throws(attempt('resnet18', { width: 1e-3 }), /conv1\.weight \(float32\[0,3,7,7\]\)/);
  assert.throws(attempt('efficientnet-lite0', { lastStride: 1 }), /only ResNets/);
  assert.doesNotThrow(attempt('efficientnet-lite0', { lastStride: undefined, width: 1 / 16 }));
});

test('more blocks than a network has cannot be kept', () => {
  const attempt = (name: string, freezeBlocks: number) => () => {
    const g = new GraphBuilder(name, { batchNorm: 'batch' });
    buildNetwork(g, name, g.input('image', 'float32', [2, 3, 64, 64]), { freezeBlocks });
    return [...g.parameters.keys()].filter((parameter) => !g.buffers.has(parameter));
  };
  assert.throws(attempt('efficientnet-lite0', 17), /freezeBlocks must be .*16, not 17/);
  assert.throws(attempt('resnet18', 9), /freezeBlocks must be .*8, not 9/);
  assert.throws(attempt('resnet18', -1), /freezeBlocks must be .*not -1/);
  assert.equal(attempt('resnet18', 0)().includes('conv1.weight'), true);
  assert.deepEqual(attempt('resnet18', 8)(), []);
  assert.match(attempt('resnet18', 7)().join(), /^layer4\.1\./);
});

test('an image that is not float32[N,3,H,W] is refused', () => {
  const g = new GraphBuilder('images');
  const bytes = g.input('bytes', 'uint8', ['N', 3, 64, 64]);
  const channelsLast = g.input('channelsLast', 'float32', ['N', 64, 64, 3]);
  assert.throws(() => buildNetwork(g, 'resnet18', bytes), /not uint8\[N,3,64,64\]/);
  assert.throws(() => buildNetwork(g, 'resnet18', channelsLast), RangeError);
});

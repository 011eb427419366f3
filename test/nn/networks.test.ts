import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, architectures, buildNetwork } from '../../src/nn/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';

/** Parameters of the backbone (torchvision's counts less the classifier; buffers counted too). */
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, architectures, buildNetwork, initialNumbers } from '../../src/nn/index.ts';

const parametersOf = (name: string): ReadonlyMap<string, readonly number[]> => {
  const g = new GraphBuilder(name);
  buildNetwork(g, name, g.input('x', 'float32', ['N', 3, 64, 64]), { pooling: 'gem', featureNorm: true });
  return g.parameters;
};

for (const name of architectures) {
  const architecture = architectureOf(name);
  const parameters = parametersOf(name);

  test(`${name}: every parameter has an initial value, and the seed decides it`, () => {
    for (const [parameter, full] of parameters) {
      // The name decides what they are; ResNet-101 has 45 million numbers.
      const shape = full.map((dim) => Math.min(dim, 8));
      const numbers = initialNumbers(architecture, parameter, shape, 1);
      assert.equal(
        numbers.length,
        shape.reduce((product, dim) => product * dim, 1),
      );
      assert.deepEqual(initialNumbers(architecture, parameter, shape, 1), numbers);
      if (shape.length === 4) assert.notDeepEqual(initialNumbers(architecture, parameter, shape, 2), numbers);
    }
  });

  test(`${name}: the last scale of every block with a shortcut is zero, and no other`, () => {
    const scales = [...parameters.keys()].filter((parameter) => architecture.residualScales.test(parameter));
    const expected = name.startsWith('resnet')
      ? [...parameters.keys()].filter((parameter) => /^layer\d\.\d+\.conv1\.weight$/.test(parameter)).length
      : 9; // 16 blocks, less the first of each of 7 stages
    assert.equal(scales.length, expected);
    for (const scale of scales)
      assert.ok(initialNumbers(architecture, scale, [8], 1).every((value) => value === 0));
  });
}

test('convolutions have the deviation of He et al. by their fan-out', () => {
  const deviation = (shape: readonly number[]): number => {
    const numbers = initialNumbers(architectureOf('resnet50'), 'conv1.weight', shape, 3);
    return Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0) / numbers.length);
  };
  assert.ok(Math.abs(deviation([64, 32, 3, 3]) / Math.sqrt(2 / (64 * 9)) - 1) < 0.03);
  assert.ok(Math.abs(deviation([512, 1, 5, 5]) / Math.sqrt(2 / 25) - 1) < 0.03);
});

test('a name that no layer has is refused', () => {
  assert.throws(() => initialNumbers(architectureOf('resnet18'), 'mystery', [3], 1), /mystery/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, architectures, buildNetwork, imageInput } from '../../src/nn/index.ts';
import {
  architectureOfWeights,
  describeTaken,
  hashWeightsFile,
  matchWeights,
  pathOfWeights,
  readSafetensors,
  readWeights,
  shippedWeights,
} from '../../src/weights/index.ts';
import { fixture, shared } from '../support/repository.ts';

for (const [name, path] of shippedWeights)
  test(`the weights ${name} say their architecture, fit it and are whole`, async () => {
    const architecture = (await architectureOfWeights(name)) ?? '';
    assert.ok(architectures.includes(architecture as (typeof architectures)[number]));
    assert.equal(await hashWeightsFile(name), await hashWeightsFile(path));
    const { input, ignoredWeights } = architectureOf(architecture);
    const g = new GraphBuilder(architecture);
    buildNetwork(g, architecture, imageInput(g, input.size, input.size, input));
    const { weights, taken } = matchWeights(
      { shapes: g.parameters, ignore: ignoredWeights },
      await readWeights(name),
    );
    assert.equal(describeTaken(taken), undefined);
    for (const values of weights.values()) assert.ok(values.every(Number.isFinite));
    const { tensors } = await readSafetensors(path);
    // Variances reach beyond float16 at both ends.
    for (const [tensor, { dataType }] of tensors)
      assert.equal(dataType, tensor.endsWith('.running_var') ? 'float32' : 'float16', tensor);
  });

test('a path is not a name; other files do not say an architecture', async () => {
  assert.equal(pathOfWeights('./imagenet-lite0'), './imagenet-lite0');
  assert.equal(await architectureOfWeights(fixture('weights', 'zip.pth')), undefined);
  assert.equal(await architectureOfWeights(fixture('weights', 'expected.safetensors')), undefined);
  await assert.rejects(architectureOfWeights('missing.pth'), { code: 'weights-invalid' });
});

const original = shared('weights', 'efficientnet-lite0-57934424.pth');
test('imagenet-lite0 is its original rounded to float16', {
  skip: original === undefined && 'the shared weights are not beside the repository',
}, async () => {
  const { sets } = await readWeights(original ?? '');
  const { tensors, metadata } = await readSafetensors(shippedWeights.get('imagenet-lite0') ?? '');
  assert.equal(metadata.get('sourceSha256'), await hashWeightsFile(original ?? ''));
  const { weights } = matchWeights(
    { shapes: new Map([...tensors].map(([name, { dims }]) => [name, dims])), ignore: [/^_fc\./, /tracked$/] },
    await readWeights(shippedWeights.get('imagenet-lite0') ?? ''),
  );
  for (const [name, values] of weights) {
    const whole = sets[0]?.tensors.get(name)?.data as Float32Array;
    assert.ok(
      values.every(
        (value, at) =>
          Math.abs(value - (whole[at] ?? Number.NaN)) <= 2 ** -11 * Math.abs(whole[at] ?? 0) + 2 ** -25,
      ),
      name,
    );
  }
});

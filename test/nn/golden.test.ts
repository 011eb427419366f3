import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { buildNetwork } from '../../src/nn/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';
import { cosine, maxAbsDifference, range } from '../support/compare.ts';
import { readGolden } from '../support/golden.ts';
import { fixture } from '../support/repository.ts';

const cases = readdirSync(fixture('nn')).filter((file) => file.endsWith('.safetensors'));

for (const file of cases) {
  test(`${file}: the feature is PyTorch's`, async () => {
    const { tensors, metadata } = readGolden(fixture('nn', file));
    const { input, output } = { input: tensors.get('input'), output: tensors.get('output') };
    assert.ok(input && output);
    const state = new Map([...tensors].map(([name, { data }]) => [name.replace(/^state\./, ''), data]));
    const g = new GraphBuilder('golden');
    const image = g.input('image', 'float32', ['N', ...input.dims.slice(1)]);
    const options = JSON.parse(metadata['options'] ?? '{}');
    g.output(buildNetwork(g, metadata['architecture'] ?? '', image, options).feature, 'feature');
    await using session = await Session.open(encodeModel(g.build(state)), { provider: 'cpu', threads: 1 });
    const { feature } = await session.run({ image: { type: 'float32', dims: input.dims, data: input.data } });
    const actual = feature?.data as Float32Array;
    assert.deepEqual(feature?.dims, output.dims);
    assert.ok(cosine(actual, output.data) >= 0.99999, `cosine ${cosine(actual, output.data)}`);
    const difference = maxAbsDifference(actual, output.data) / range(output.data);
    assert.ok(difference <= 1e-4, `max abs difference ${difference} of the range`);
  });
}

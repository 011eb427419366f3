// slow: takes several seconds
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { exportModel } from '../../src/export/index.ts';
import { probeImages } from '../../src/export/probe-images.ts';
import { selfCheck } from '../../src/export/self-check.ts';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, buildNetwork } from '../../src/nn/index.ts';
import { decodeModel, encodeModel } from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { Session } from '../../src/runtime/index.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { cosine, maxAbsDifference, range } from '../support/compare.ts';
import { readGolden } from '../support/golden.ts';
import { fixture, shared } from '../support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-export-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A golden state_dict as a weights file of its own. */
async function goldenWeights(name: string) {
  const { tensors, metadata } = readGolden(fixture('nn', `${name}.safetensors`));
  const state = new Map(
    [...tensors]
      .filter(([key]) => key.startsWith('state.'))
      .map(([key, { dims, data }]) => [
        key.slice(6),
        { dataType: 'float32' as const, dims, data: data as Float32Array<ArrayBuffer> },
      ]),
  );
  const weights = join(folder, `${name}.safetensors`);
  await writeSafetensors(weights, state);
  return {
    weights,
    state,
    architecture: metadata['architecture'] ?? '',
    network: JSON.parse(metadata['options'] ?? '{}'),
  };
}

async function run(
  model: string | Uint8Array,
  pixels: Uint8Array,
  batch: number,
  size: number,
): Promise<Float32Array> {
  await using session = await Session.open(model, { provider: 'cpu', threads: 1 });
  const image = { type: 'uint8' as const, dims: [batch, size, size, 3], data: pixels };
  return (await session.run({ image }))['embedding']?.data as Float32Array;
}

/** The network on pixels that the test normalises itself, in float64: an account apart from the exported graph. */
async function reference(
  name: string,
  pixels: Uint8Array,
  batch: number,
  size: number,
): Promise<Float32Array> {
  const { state, architecture, network } = await goldenWeights(name);
  const g = new GraphBuilder('reference');
  g.output(
    buildNetwork(g, architecture, g.input('x', 'float32', ['N', 3, size, size]), network).feature,
    'y',
  );
  const { mean, std } = architectureOf(architecture).input;
  const data = new Float32Array(pixels.length);
  const plane = size * size;
  for (const [i, value] of pixels.entries()) {
    const [channel, place] = [i % 3, Math.floor(i / 3)];
    const target = Math.floor(place / plane) * 3 * plane + channel * plane + (place % plane);
    data[target] = (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  }
  const parameters = new Map([...state].map(([key, tensor]) => [key, tensor.data]));
  await using session = await Session.open(encodeModel(g.build(parameters)), { provider: 'cpu', threads: 1 });
  return (await session.run({ x: { type: 'float32', dims: [batch, 3, size, size], data } }))['y']
    ?.data as Float32Array;
}

const randomPixels = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 24) & 255);

for (const name of ['resnet18', 'resnet50', 'resnet50-options', 'efficientnet-lite0']) {
  test(`${name}: the exported file takes raw pixels in any batch and gives the network's feature`, async () => {
    const out = join(folder, `${name}.onnx`);
    const { weights, architecture, network } = await goldenWeights(name);
    const { model, report } = await exportModel({
      architecture,
      weights,
      out,
      network,
      size: 64,
      resize: 72,
    });
    assert.ok(report.maxAbsDifference <= 1e-3 * report.range);
    for (const batch of [1, 2, 5]) {
      const pixels = randomPixels(batch * 64 * 64 * 3);
      const [actual, expected] = [
        await run(out, pixels, batch, 64),
        await reference(name, pixels, batch, 64),
      ];
      assert.ok(cosine(actual, expected) >= 0.99999);
      assert.ok(maxAbsDifference(actual, expected) <= 1e-4 * range(expected));
    }
    assert.deepEqual(model.metadata.preprocessing.crop, { width: 64, height: 64 });
    assert.equal(model.metadata.name, name);
    const operators = decodeModel(readFileSync(out)).graph?.node.map(({ opType }) => opType) ?? [];
    assert.equal(
      operators.filter((opType) => opType === 'BatchNormalization').length,
      network.featureNorm ? 1 : 0,
    );
  });
}

test('float16 weights halve the file and keep the feature', async () => {
  const { weights, architecture, network } = await goldenWeights('resnet50');
  const [full, half] = [join(folder, 'full.onnx'), join(folder, 'half.onnx')];
  const options = { architecture, weights, network, size: 64, resize: 64 };
  await exportModel({ ...options, out: full });
  await exportModel({ ...options, out: half, halfPrecisionWeights: true });
  assert.ok(readFileSync(half).length < 0.75 * readFileSync(full).length);
  const pixels = randomPixels(2 * 64 * 64 * 3);
  assert.ok(cosine(await run(half, pixels, 2, 64), await run(full, pixels, 2, 64)) > 0.9999);
});

/** An exported narrow ResNet-18, and a copy of it whose first bias went through `change`, four bytes a number. */
async function withChangedBias(change: (bias: DataView) => void) {
  const { weights, architecture, network } = await goldenWeights('resnet18');
  const out = join(folder, 'honest.onnx');
  await exportModel({ architecture, weights, out, network, size: 32, resize: 32 });
  const honest = decodeModel(readFileSync(out));
  const changed = decodeModel(readFileSync(out));
  const bias = changed.graph?.initializer.find((tensor) => tensor.name === 'conv1.bias');
  assert.ok(bias);
  bias.rawData = Uint8Array.from(bias.rawData);
  change(new DataView(bias.rawData.buffer));
  return { honest, changed, pictures: [probeImages(3, 32, 32)] };
}

test('a graph that disagrees with its network is refused', async () => {
  const { honest, changed, pictures } = await withChangedBias((bias) =>
    bias.setFloat32(0, bias.getFloat32(0, true) + 1, true),
  );
  const same = await selfCheck(honest, honest, pictures, 1e-3);
  assert.deepEqual([same.pictures, same.maxAbsDifference], [3, 0]);
  assert.ok(same.minCosine > 0.999999);
  await assert.rejects(selfCheck(honest, changed, pictures, 1e-3), { code: 'export-self-check-failed' });
});

test('a graph that gives no numbers is refused, whichever of the two it is', async () => {
  const { honest, changed, pictures } = await withChangedBias((bias) => bias.setFloat32(0, Number.NaN, true));
  for (const pair of [
    [honest, changed],
    [changed, honest],
  ] as const)
    await assert.rejects(selfCheck(...pair, pictures, 1e-3), { code: 'export-self-check-failed' });
});

test('the self-check takes pictures of its caller too, and refuses what is no picture', async () => {
  const { weights, architecture, network } = await goldenWeights('resnet18');
  const options = {
    architecture,
    weights,
    network,
    out: join(folder, 'pictures.onnx'),
    size: 32,
    resize: 40,
  };
  const { report } = await exportModel({ ...options, images: [readFileSync(fixture('image', 'rgb.png'))] });
  assert.equal(report.pictures, 5);
  const none = exportModel({ ...options, out: join(folder, 'no.onnx'), images: [Buffer.from('text')] });
  await assert.rejects(none, { code: 'image-unsupported' });
  assert.equal(existsSync(join(folder, 'no.onnx')), false);
});

test('the weights are not overwritten by the model', async () => {
  const { weights, architecture, network } = await goldenWeights('resnet18');
  await assert.rejects(exportModel({ architecture, weights, out: weights, network }), RangeError);
});

test('the same weights always give the same graph', async () => {
  const { weights, architecture, network } = await goldenWeights('efficientnet-lite0');
  const paths = ['once.onnx', 'twice.onnx'].map((name) => join(folder, name));
  for (const out of paths)
    await exportModel({ architecture, weights, out, network, name: 'same', size: 32, resize: 32 });
  const graphs = paths.map((path) => decodeModel(readFileSync(path)).graph);
  assert.deepEqual(graphs[0], graphs[1]);
});

test('weights that do not fit leave no file behind and are told in one error', async () => {
  const { weights } = await goldenWeights('resnet18');
  const out = join(folder, 'none.onnx');
  const attempt = exportModel({ architecture: 'resnet50', weights, out, network: { width: 1 / 32 } });
  await assert.rejects(
    attempt,
    (error) =>
      error instanceof SnapshelfError &&
      error.code === 'weights-mismatch' &&
      /missing[\s\S]*unfitting/.test(error.message),
  );
  assert.equal(existsSync(out), false);
  await assert.rejects(exportModel({ architecture: 'vgg', weights, out }), /resnet50/);
  await assert.rejects(exportModel({ architecture: 'resnet18', weights, out, size: 8 }), RangeError);
});

/** The public EfficientNet-Lite0's feature of `randomPixels`, from PyTorch in float64. */
const publicFeature = (): Float32Array => {
  const path = fixture('export', 'efficientnet-lite0-feature.safetensors');
  const golden = readGolden(path).tensors.get('feature');
  assert.ok(golden);
  return golden.data as Float32Array;
};

const publicWeights = shared('weights', 'efficientnet-lite0-57934424.pth');
test('the public EfficientNet-Lite0 gives PyTorch’s feature', {
  skip: publicWeights === undefined && 'the shared folder is not here',
}, async () => {
  const out = join(folder, 'public.onnx');
  await exportModel({ architecture: 'efficientnet-lite0', weights: publicWeights ?? '', out });
  const actual = await run(out, randomPixels(224 * 224 * 3), 1, 224);
  assert.ok(cosine(actual, publicFeature()) >= 0.99999);
  assert.ok(maxAbsDifference(actual, publicFeature()) <= 1e-4 * range(publicFeature()));
});

test('the softmax of the classifier takes the place of the feature, as float64 has it', async () => {
  const { weights: _, state, architecture, network } = await goldenWeights('resnet18');
  const options = { architecture, network, size: 64, resize: 72 } as const;
  const dimension = (await exportModel({ ...options, weights: state, out: join(folder, 'feature.onnx') }))
    .model.metadata.dimension;
  const classes = 5;
  const spread = randomNumbers(4);
  const float32 = (dims: number[], scale: number) => ({
    dataType: 'float32' as const,
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => scale * (spread() - 0.5)),
  });
  const weight = float32([classes, dimension], 8);
  const bias = float32([classes], 2);
  const weights = new Map([...state, ['classifier.weight', weight], ['classifier.bias', bias]]);
  const out = join(folder, 'softmax.onnx');
  const { model } = await exportModel({ ...options, weights, out, classifier: 'softmax', temperature: 2 });
  assert.deepEqual([model.metadata.output, model.metadata.dimension], ['softmax', classes]);
  const pixels = randomPixels(3 * 64 * 64 * 3);
  const features = await run(join(folder, 'feature.onnx'), pixels, 3, 64);
  const expected = Array.from({ length: 3 }, (__, row) => {
    const logits = Array.from({ length: classes }, (___, k) => {
      let logit = bias.data[k] ?? 0;
      for (let i = 0; i < dimension; i += 1)
        logit += (weight.data[k * dimension + i] ?? 0) * (features[row * dimension + i] ?? 0);
      return logit / 2;
    });
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    return logits.map((logit) => Math.exp(logit) / sum);
  }).flat();
  const found = await run(out, pixels, 3, 64);
  for (const [i, value] of found.entries())
    assert.ok(Math.abs(value - (expected[i] ?? 0)) <= 2e-5, `${value}, not ${expected[i]}`);
  const refused = exportModel({
    ...options,
    weights,
    out,
    classifier: 'softmax',
    projection: { dimension: 2, pictures: [] },
  });
  await assert.rejects(refused, { name: 'RangeError', message: /classifier 'softmax'/ });
  await assert.rejects(exportModel({ ...options, weights: state, out, classifier: 'softmax' }), {
    code: 'weights-mismatch',
  });
});

// slow: takes several seconds
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportModel, type QuantizeOptions } from '../../src/export/index.ts';
import { probeImages } from '../../src/export/probe-images.ts';
import {
  decodeModel,
  dimsOf,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  tensorData,
  tensorDataType,
} from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';
import { cosine } from '../support/compare.ts';
import { evaluate } from '../support/float64/index.ts';
import { goldenNetwork } from '../support/golden-network.ts';
import { writeShapes } from '../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-int8-'));
const photos = join(folder, 'photos');
let pictures: string[] = [];
before(async () => {
  await writeShapes(photos, 2, 1);
  const files = readdirSync(photos, { recursive: true }).map((name) => join(photos, String(name)));
  pictures = files.filter((name) => name.endsWith('.png')).sort();
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Exports a network as int8 and reads the file back. */
async function quantized(name: string, options: Partial<QuantizeOptions> = {}) {
  // A folder each: what a test has stays when the same is made anew.
  const out = join(mkdtempSync(join(folder, 'made-')), `${name}-${Object.keys(options)}.onnx`);
  const result = await exportModel({ ...goldenNetwork(name), out, int8: { pictures, ...options } });
  const model = decodeModel(readFileSync(out));
  assert.ok(model.graph && result.quantization);
  return { model, graph: model.graph, out, report: result.quantization, metadata: result.model.metadata };
}

const producerOf = (graph: GraphProto, name: string | undefined): NodeProto | undefined =>
  graph.node.find(({ output }) => output.includes(name ?? ''));
const constantOf = (graph: GraphProto, name: string | undefined) => {
  const tensor = graph.initializer.find((candidate) => candidate.name === name);
  assert.ok(tensor, `no constant ${name}`);
  return { type: tensorDataType(tensor), dims: dimsOf(tensor), data: [...tensorData(tensor)].map(Number) };
};

/** Least median cosine to ask: the features of networks with random weights point the same way on all pictures. */
const minCosine = 0.999;
const made = new Map<string, ReturnType<typeof quantized>>();

/** The same with that least cosine alone, made once for all tests, which only read it. */
function usual(name: string): ReturnType<typeof quantized> {
  const model = made.get(name) ?? quantized(name, { minCosine });
  made.set(name, model);
  return model;
}

/** Asserts that an input is bytes behind a DequantizeLinear with one scale; gives that scale. */
function assertBytes(graph: GraphProto, name: string | undefined): number {
  const node = producerOf(graph, name);
  assert.equal(node?.opType, 'DequantizeLinear');
  assert.equal(node.attribute.length, 0);
  const [scale, zero] = node.input.slice(1).map((constant) => constantOf(graph, constant));
  assert.deepEqual([scale?.type, scale?.dims, zero?.type, zero?.dims], ['float32', [], 'uint8', []]);
  return scale?.data[0] ?? Number.NaN;
}

/** Asserts that a constant is integers behind a DequantizeLinear with a scale for each filter; gives those scales. */
function assertPerFilter(graph: GraphProto, name: string | undefined, type: 'int8' | 'int32'): number[] {
  const node = producerOf(graph, name);
  assert.equal(node?.opType, 'DequantizeLinear');
  assert.deepEqual(
    node.attribute.map((attribute) => [attribute.name, attribute.i]),
    [['axis', 0n]],
  );
  const [integers, scale, zero] = node.input.map((constant) => constantOf(graph, constant));
  const filters = integers?.dims[0];
  assert.deepEqual([integers?.type, zero?.type, scale?.type], [type, type, 'float32']);
  assert.deepEqual([scale?.dims, zero?.dims], [[filters], [filters]]);
  assert.ok(zero?.data.every((value) => value === 0));
  return scale?.data ?? [];
}

/** Asserts that what a node gives is read by one QuantizeLinear only. */
function assertQuantizedNext(graph: GraphProto, node: NodeProto): NodeProto {
  const readers = graph.node.filter(({ input }) => input.includes(node.output[0] ?? ''));
  assert.deepEqual(
    readers.map(({ opType }) => opType),
    ['QuantizeLinear'],
    node.name,
  );
  return readers[0] as NodeProto;
}

function assertConvolution(graph: GraphProto, node: NodeProto): void {
  const [input, weight, bias] = node.input;
  const inputScale = assertBytes(graph, input);
  const weightScales = assertPerFilter(graph, weight, 'int8');
  const biasScales = assertPerFilter(graph, bias, 'int32');
  assert.deepEqual(
    biasScales,
    weightScales.map((scale) => Math.fround(scale * inputScale)),
  );
  assertQuantizedNext(graph, node);
}

/** The last bytes of the model on pictures, by ONNX Runtime and by arithmetic in float64, and the features. */
async function bothWays(model: ModelProto, file: string) {
  const { data } = probeImages(2, 64, 64);
  await using session = await Session.open(file, { provider: 'cpu', threads: 1 });
  const dims = [2, 64, 64, 3];
  const feature = (await session.run({ image: { type: 'uint8', dims, data } }))['embedding']
    ?.data as Float32Array;
  const expected = evaluate(model, { image: { dims, data: Float64Array.from(data) } }).get('embedding');
  assert.ok(expected);
  return { feature, expected: expected.data };
}

for (const name of ['resnet18', 'resnet50', 'efficientnet-lite0']) {
  test(`${name}: bytes in, bytes between, float out`, async () => {
    const { graph, report, metadata } = await usual(name);
    const of = (opType: string): NodeProto[] => graph.node.filter((node) => node.opType === opType);
    const kept = new Set(report.keptFloat);
    assert.equal(kept.size, 0);
    assert.ok(of('Conv').length >= 20);
    for (const node of of('Conv')) assertConvolution(graph, node);
    for (const node of of('Add')) {
      for (const input of node.input) assertBytes(graph, input);
      assertQuantizedNext(graph, node);
    }
    for (const node of of('MaxPool')) {
      const [before, after_] = [producerOf(graph, node.input[0]), assertQuantizedNext(graph, node)];
      const numbers = (conversion: NodeProto | undefined) =>
        conversion?.input.slice(1).map((constant) => constantOf(graph, constant).data);
      assert.deepEqual(numbers(before), numbers(after_));
    }
    assert.deepEqual(of('Relu').concat(of('Clip'), of('Mul'), of('Sub'), of('Cast')), []);
    assert.equal(of('GlobalAveragePool').length, 1);
    assert.deepEqual(metadata.quantization?.['type'], 'int8');
    assert.ok(report.medianCosine >= minCosine && report.minCosine <= report.medianCosine);
    assert.equal(report.layers.length, of('Conv').length + of('Add').length + of('MaxPool').length + 1);
  });

  test(`${name}: ONNX Runtime gives what the arithmetic of its nodes gives`, async () => {
    const { model, out } = await usual(name);
    const { feature, expected } = await bothWays(model, out);
    assert.ok(cosine(feature, expected) > 0.9999, String(cosine(feature, expected)));
  });
}

test('GeM pooling and a normalised feature stay float behind the bytes', async () => {
  const { graph, model, out } = await quantized('resnet50-options', { minCosine });
  for (const opType of ['Pow', 'GlobalAveragePool', 'BatchNormalization'])
    assert.ok(graph.node.some((node) => node.opType === opType));
  for (const node of graph.node.filter(({ opType }) => opType === 'Conv')) assertConvolution(graph, node);
  const { feature, expected } = await bothWays(model, out);
  assert.ok(cosine(feature, expected) > 0.9999);
});

test('layers that are kept float are float in ONNX Runtime too', async () => {
  const keepFloat = ['layer1.0.conv2', 'layer2', 'layer3.0.downsample.0', 'Add_7'];
  const { graph, model, out, report } = await quantized('resnet18', { keepFloat, minCosine });
  const weights = graph.node.filter(({ opType }) => opType === 'Conv').map(({ input }) => input[1] ?? '');
  const float = weights.filter((name) => !name.endsWith('.dequantized'));
  assert.ok(float.length >= 6 && float.every((name) => keepFloat.some((kept) => name.startsWith(kept))));
  assert.equal(report.keptFloat.length, float.length + 1);
  assert.ok(!report.layers.some(({ name }) => report.keptFloat.includes(name)));
  const { feature, expected } = await bothWays(model, out);
  // Quantised behind our back, with one scale for all filters, they would be further apart than this.
  assert.ok(1 - cosine(feature, expected) < 2e-7, String(cosine(feature, expected)));
});

test('what loses most is kept float until the loss is within bounds, and told', async () => {
  const { report: before } = await usual('resnet18');
  const asked = before.medianCosine + 0.2 * (1 - before.medianCosine);
  const { report, metadata } = await quantized('resnet18', { minCosine: asked, percentile: 99.999 });
  assert.ok(report.keptFloat.length > 0 && report.medianCosine >= asked);
  assert.deepEqual(metadata.quantization?.['keptFloat'], report.keptFloat);
});

test('every way to choose ranges gives a model', async () => {
  for (const method of ['min-max', 'percentile', 'entropy'] as const) {
    const { report, metadata } = await quantized('resnet18', { method, minCosine: 0.9 });
    assert.ok(report.medianCosine > 0.9, method);
    assert.equal(metadata.quantization?.['calibration'], method);
  }
});

test('the same pictures always give the same file but for its time', async () => {
  const [once, twice] = [await usual('resnet18'), await quantized('resnet18', { minCosine })];
  assert.deepEqual(once.graph, twice.graph);
});

test('too great a loss, unknown layers and senseless options leave no file behind', async () => {
  const out = join(folder, 'none.onnx');
  const attempt = (int8: QuantizeOptions) => exportModel({ ...goldenNetwork('resnet18'), out, int8 });
  await assert.rejects(attempt({ pictures, minCosine: 1 }), { code: 'export-self-check-failed' });
  await assert.rejects(attempt({ pictures, keepFloat: ['layer9'] }), /layer9.*layer1\.0\.conv1/);
  await assert.rejects(attempt({ pictures: [] }), RangeError);
  await assert.rejects(attempt({ pictures, minCosine: 1.5 }), RangeError);
  await assert.rejects(attempt({ pictures, percentile: 50 }), RangeError);
  await assert.rejects(attempt({ pictures, method: 'best' as 'entropy' }), /percentile/);
  const both = exportModel({
    ...goldenNetwork('resnet18'),
    out,
    int8: { pictures },
    halfPrecisionWeights: true,
  });
  await assert.rejects(both, RangeError);
  assert.equal(existsSync(out), false);
});

test('a picture that cannot be read is passed over with a warning; a folder of them is refused', async () => {
  const bad = join(folder, 'bad.jpg');
  writeFileSync(bad, 'no picture');
  const warnings: unknown[] = [];
  const warn = (_: string, fields?: Readonly<Record<string, unknown>>) => warnings.push(fields?.['path']);
  const log = { debug() {}, info() {}, warn, error() {} };
  const out = join(folder, 'mixed.onnx');
  const some = [bad, ...pictures, join(folder, 'missing.jpg')];
  const { quantization } = await exportModel({
    ...goldenNetwork('resnet18'),
    out,
    log,
    int8: { pictures: some, minCosine },
  });
  assert.deepEqual(warnings, [bad, join(folder, 'missing.jpg')]);
  assert.equal(quantization?.pictures, Math.floor(some.length / 5) - 1);
  const none = join(folder, 'unreadable.onnx');
  const refused = exportModel({ ...goldenNetwork('resnet18'), out: none, int8: { pictures: [bad, bad] } });
  await assert.rejects(refused, { code: 'source-invalid' });
  assert.equal(existsSync(none), false);
});

test('weights that are no numbers are refused', async () => {
  const { weights, ...rest } = goldenNetwork('resnet18');
  const changed = new Map(weights);
  const tensor = weights.get('layer3.0.conv1.weight');
  assert.ok(tensor);
  const data = Float32Array.from(tensor.data as Float32Array).fill(Number.NaN, 0, 1);
  changed.set('layer3.0.conv1.weight', { ...tensor, data });
  const out = join(folder, 'nan.onnx');
  const attempt = exportModel({ ...rest, weights: changed, out, int8: { pictures } });
  await assert.rejects(attempt, { code: 'export-self-check-failed' });
});

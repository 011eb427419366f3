// Writes the weights of a model that `export --int8` made, as the bytes of its filters say them: for a model whose own weights were
// not kept. Exported again as int8 with the same pictures it has the same filters. Batch normalisations do no more than add a bias.
//   npm run build && node scripts/weights-of-model.mjs MODEL.onnx OUT.safetensors
import { GraphBuilder } from '../dist/src/graph/index.js';
import { loadModelFile } from '../dist/src/model/index.js';
import { architectureOf, buildNetwork, imageInput } from '../dist/src/nn/index.js';
import { tensorData } from '../dist/src/onnx/index.js';
import { hashWeightsFile, writeSafetensors } from '../dist/src/weights/index.js';

const [path, out] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node scripts/weights-of-model.mjs MODEL.onnx OUT.safetensors');
  process.exit(2);
}
const { model, metadata, id } = await loadModelFile(path);
const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensorData(tensor)]));

/** The numbers of a parameter: integers times the scale of their filter, or floats if its layer stayed float. */
function numbersOf(name) {
  const integers = constants.get(`${name}.quantized`);
  if (integers === undefined) return constants.get(name);
  const scales = constants.get(`${name}.scale`);
  const perFilter = integers.length / scales.length;
  return Float32Array.from(integers, (value, at) => value * scales[Math.floor(at / perFilter)]);
}

const { input } = architectureOf(metadata.architecture);
const { width, height } = metadata.preprocessing.crop;
const g = new GraphBuilder(metadata.architecture);
const { feature } = buildNetwork(g, metadata.architecture, imageInput(g, height, width, input));
g.output(feature, 'embedding');
const zeros = new Map(
  [...g.parameters].map(([name, dims]) => [name, new Float32Array(dims.reduce((a, b) => a * b, 1))]),
);
const nodes = g.build(zeros).graph.node;

/** Undoes what `export` does to the first convolution, which reads bytes in the place of normalised pixels. */
function unfoldInput(weight, bias, dims) {
  const zeroPoint = constants.get('pixels.zero_point')[0];
  const [, channels, rows, columns] = dims;
  for (const [at, value] of weight.entries()) {
    const channel = Math.floor(at / (rows * columns)) % channels;
    bias[Math.floor(at / (rows * columns * channels))] -= value * (zeroPoint - 255 * input.mean[channel]);
    weight[at] = value * 255 * input.std[channel];
  }
}

const tensors = new Map();
const add = (name, data) =>
  tensors.set(name, { dims: g.parameters.get(name), dataType: 'float32', data: Float32Array.from(data) });
for (const conv of nodes.filter(({ opType }) => opType === 'Conv')) {
  const norm = nodes.find(
    ({ opType, input: [x] }) => opType === 'BatchNormalization' && x === conv.output[0],
  );
  const name = conv.input[1];
  const weight = Float64Array.from(numbersOf(name));
  const bias = Float64Array.from(numbersOf(name.replace(/weight$/, 'bias')));
  const dims = g.parameters.get(name);
  if (dims[1] === 3 && constants.has('pixels.zero_point')) unfoldInput(weight, bias, dims);
  add(name, weight);
  const [scale, shift, mean, variance] = norm.input.slice(1);
  const epsilon = norm.attribute.find((attribute) => attribute.name === 'epsilon')?.f ?? 1e-5;
  add(
    scale,
    bias.map(() => 1),
  );
  add(shift, bias);
  add(
    mean,
    bias.map(() => 0),
  );
  add(
    variance,
    bias.map(() => 1 - epsilon),
  );
}
await writeSafetensors(out, tensors, { architecture: metadata.architecture, modelSha256: id });
console.log(`${out}: ${tensors.size} of ${g.parameters.size} tensors`);
console.log(`sha256 ${await hashWeightsFile(out)}`);

// Writes the weights of a network as float16, for models/*-start.safetensors. Tensors that float16 cannot hold stay float32:
// running variances, which reach from below its smallest number to beyond its largest. The classifier is left out.
//   npm run build && node scripts/halve-weights.mjs ARCHITECTURE WEIGHTS OUT.safetensors [KEY=VALUE...]
import { GraphBuilder } from '../dist/src/graph/index.js';
import { architectureOf, buildNetwork, imageInput } from '../dist/src/nn/index.js';
import { float16ToNumber, float32ToFloat16 } from '../dist/src/tensor/index.js';
import { hashWeightsFile, matchWeights, readWeights, writeSafetensors } from '../dist/src/weights/index.js';

const [architecture, path, out, ...more] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node scripts/halve-weights.mjs ARCHITECTURE WEIGHTS OUT.safetensors [KEY=VALUE...]');
  process.exit(2);
}
const { input, ignoredWeights } = architectureOf(architecture);
const graph = new GraphBuilder(architecture);
buildNetwork(graph, architecture, imageInput(graph, input.size, input.size, input));
const { weights } = matchWeights(
  { shapes: graph.parameters, ignore: ignoredWeights },
  await readWeights(path),
);

const tensors = new Map();
for (const [name, values] of weights) {
  const dims = graph.parameters.get(name);
  const halves = float32ToFloat16(values);
  const fits =
    !name.endsWith('.running_var') && halves.every((bits) => Number.isFinite(float16ToNumber(bits)));
  tensors.set(
    name,
    fits ? { dims, dataType: 'float16', data: halves } : { dims, dataType: 'float32', data: values },
  );
}
const described = Object.fromEntries(more.map((pair) => pair.split(/=(.*)/s, 2)));
await writeSafetensors(out, tensors, {
  architecture,
  sourceSha256: await hashWeightsFile(path),
  ...described,
});
const kept = [...tensors.values()].filter(({ dataType }) => dataType === 'float32').length;
console.log(`${out}: ${tensors.size} tensors, ${kept} of them float32`);
console.log(`sha256 ${await hashWeightsFile(out)}`);

// Features of photographs on CUDA against those of the CPU, and the provider that ran each node: node scripts/cuda/features.mjs PHOTOS.bin SIZE MODEL.onnx [REFERENCE.onnx]
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { load, median, profiled, say } from './common.mjs';

const { Session } = await load('src/runtime/index.js');
const [photos, sizeText, modelPath, referencePath = modelPath] = process.argv.slice(2);
const size = Number(sizeText),
  data = new Uint8Array(readFileSync(photos));
const image = { type: 'uint8', dims: [data.length / (size * size * 3), size, size, 3], data };
const embed = async (path, provider) => {
  const start = performance.now();
  const session = await Session.open(new Uint8Array(readFileSync(path)), { provider });
  const opened = performance.now();
  const outputs = await session.run({ image });
  const first = performance.now();
  await session.close();
  return {
    values: outputs.embedding.data,
    dims: outputs.embedding.dims,
    open: opened - start,
    first: first - opened,
  };
};
const label = basename(modelPath);
try {
  const cpu = await embed(referencePath, 'cpu');
  const cuda = await embed(modelPath, process.env.PROVIDER ?? 'cuda');
  const d = cpu.dims[1];
  const cosines = Array.from({ length: cpu.dims[0] }, (_, row) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = row * d; i < (row + 1) * d; i++) {
      const [a, b] = [Number(cpu.values[i]), Number(cuda.values[i])];
      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
    return ab / Math.sqrt(aa * bb);
  });
  let most = 0;
  for (let i = 0; i < cpu.values.length; i++) most = Math.max(most, Math.abs(cpu.values[i] - cuda.values[i]));
  say({
    test: 'features',
    model: label,
    reference: basename(referencePath),
    pictures: cpu.dims[0],
    min: Math.min(...cosines),
    median: median(cosines),
    maxAbs: most,
    openMs: Math.round(cuda.open),
    firstRunMs: Math.round(cuda.first),
  });
} catch (error) {
  say({ test: 'features', model: label, error: String(error.message).slice(0, 800) });
}
try {
  const { placed, cpuOps, memcpy } = await profiled(
    new Uint8Array(readFileSync(modelPath)),
    [{ image }, { image }],
    process.env.PROVIDER ?? 'cuda',
  );
  say({ test: 'placement', model: label, placed, cpuOps, memcpy });
} catch (error) {
  say({ test: 'placement', model: label, error: String(error.message).slice(0, 800) });
}

// What does CUDA give, and does it compute what the CPU computes? ResNet-50 and EfficientNet-Lite0: features of decoded batches
// with weights of float32 and float16, and training steps, each beside the CPU, with the provider that ran the nodes. Without a
// GPU it says so; in quick mode the CPU then stands in, which proves that the benchmark runs.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportModel } from '../src/export/index.ts';
import { randomNumbers } from '../src/random.ts';
import { loadOnnxRuntime } from '../src/runtime/binding.ts';
import { firstGpu, listProviders, type Provider, Session } from '../src/runtime/index.ts';
import { deviceOptions } from '../src/train/step/device.ts';
import { initialState } from '../src/train/step/initial-state.ts';
import { buildStep } from '../src/train/step/step-graph.ts';
import { StepSession } from '../src/train/step/step-session.ts';
import { distanceFrom } from '../src/vectors/index.ts';
import { median } from './support/measure.ts';
import { randomWeights } from './support/random-network.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly width: number;
  readonly size: number;
  readonly batches: readonly number[];
  readonly trainingBatch: number;
  readonly runs: number;
  readonly stepsPerCall: number;
}
const full: Scale = {
  width: 1,
  size: 224,
  batches: [1, 8, 64],
  trainingBatch: 32,
  runs: 10,
  stepsPerCall: 8,
};
const quick: Scale = { width: 0.125, size: 32, batches: [1, 2], trainingBatch: 2, runs: 1, stepsPerCall: 1 };
const architectures = ['resnet50', 'efficientnet-lite0'] as const;

const picturesOf = (batch: number, size: number) => {
  const random = randomNumbers(7);
  const data = Uint8Array.from({ length: batch * size * size * 3 }, () => 256 * random());
  return { image: { type: 'uint8' as const, dims: [batch, size, size, 3], data } };
};

/** Nodes by the provider that ran them, from the runtime's own profile of one run. */
async function placement(path: string, provider: Provider, size: number): Promise<string> {
  const ort = await loadOnnxRuntime();
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-profile-'));
  try {
    const session = await ort.InferenceSession.create(path, {
      executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    const { type, data, dims } = picturesOf(1, size).image;
    await session.run({ image: new ort.Tensor(type, data, dims) });
    session.endProfiling();
    await session.release();
    const [file = ''] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
      readonly name: string;
      readonly args?: { readonly provider?: string };
    }[];
    const counts = new Map<string, number>();
    for (const { name, args } of events)
      if (name.endsWith('_kernel_time') && args?.provider !== undefined)
        counts.set(args.provider, (counts.get(args.provider) ?? 0) + 1);
    return [...counts].map(([name, count]) => `${name.replace('ExecutionProvider', '')} ${count}`).join(', ');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function embeds(path: string, provider: Provider, { size, batches, runs }: Scale) {
  await using session = await Session.open(path, { provider });
  const rates: number[] = [];
  let features: Float32Array = new Float32Array();
  for (const batch of batches) {
    const feed = picturesOf(batch, size);
    // The first call of a size searches for algorithms.
    for (let at = 0; at < 2; at += 1) features = (await session.run(feed))['embedding']?.data as Float32Array;
    const times: number[] = [];
    for (let at = 0; at < runs; at += 1) {
      const started = performance.now();
      await session.run(feed);
      times.push((performance.now() - started) / 1000);
    }
    rates.push(batch / median(times));
  }
  return { rates, features };
}

async function embedding(folder: string, provider: Provider, scale: Scale): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const architecture of architectures)
    for (const halfPrecisionWeights of [false, true]) {
      const out = join(folder, `${architecture}-${halfPrecisionWeights}.onnx`);
      const network = { width: scale.width };
      const weights = randomWeights(architecture, network);
      const { size } = scale;
      await exportModel({ architecture, weights, network, size, resize: size, halfPrecisionWeights, out });
      const gpu = await embeds(out, provider, scale);
      const cpu = await embeds(out, 'cpu', { ...scale, batches: scale.batches.slice(-1), runs: 1 });
      rows.push({
        network: architecture,
        weights: halfPrecisionWeights ? 'float16' : 'float32',
        ...Object.fromEntries(
          scale.batches.map((batch, at) => [`images/s, batch ${batch}`, (gpu.rates[at] ?? 0).toFixed(0)]),
        ),
        'CPU images/s': (cpu.rates[0] ?? 0).toFixed(0),
        'largest cosine distance': leastAgreement(gpu.features, cpu.features, scale.batches.at(-1) ?? 1),
        'nodes run by': await placement(out, provider, size),
      });
    }
  console.table(rows);
}

/** The largest cosine distance between the features of one picture on both. */
function leastAgreement(a: Float32Array, b: Float32Array, pictures: number): string {
  const dimension = a.length / pictures;
  const cosine = (one: Float32Array, others: Float32Array, from: number): number =>
    distanceFrom(one.slice(0, dimension), { metric: 'cosine' })(others, from);
  const distances = Array.from({ length: pictures }, (_, row) =>
    cosine(a.subarray(row * dimension), b, row * dimension),
  );
  return Math.max(...distances).toExponential(1);
}

async function steps(architecture: string, provider: Provider, scale: Scale) {
  const { width, size, trainingBatch: batch, stepsPerCall, runs } = scale;
  const machine = await deviceOptions(provider);
  const step = buildStep({
    architecture,
    network: { width },
    loss: [{ name: 'cross-entropy', weight: 1 }],
    lossSettings: { smoothing: 0.1 },
    batchNorm: 'batch',
    optimizer: { momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    classifierMultiplier: 1,
    backboneMultiplier: 1,
    dropout: 0,
    classes: 91,
    batch,
    size,
    ...machine,
  });
  const state = await initialState(step, architecture, undefined, 1);
  await using stepper = await StepSession.open(step, state, { provider, stepsPerCall });
  const images = picturesOf(batch, size).image.data;
  const labels = BigInt64Array.from({ length: batch }, (_, at) => BigInt(at % 91));
  const call = Array.from({ length: stepsPerCall }, () => ({ images, labels, learningRate: 1e-3 }));
  const losses = await stepper.run(call);
  const times: number[] = [];
  for (let at = 0; at < Math.max(1, runs / stepsPerCall); at += 1) {
    const started = performance.now();
    await stepper.run(call);
    times.push((performance.now() - started) / 1000);
  }
  return { losses, rate: (batch * stepsPerCall) / median(times) };
}

async function training(provider: Provider, scale: Scale): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const architecture of architectures) {
    const gpu = await steps(architecture, provider, scale);
    const cpu = await steps(architecture, 'cpu', { ...scale, runs: 1 });
    const apart = gpu.losses.map((loss, at) => Math.abs(loss / (cpu.losses[at] ?? Number.NaN) - 1));
    rows.push({
      network: architecture,
      provider,
      'images/s': gpu.rate.toFixed(0),
      'CPU images/s': cpu.rate.toFixed(0),
      'largest relative difference of a loss': Math.max(...apart).toExponential(1),
    });
  }
  console.table(rows);
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  const cuda = (await listProviders()).find(({ provider }) => provider === 'cuda');
  const available = cuda?.available === true;
  if (!available)
    console.log(
      `  There is no CUDA here, so nothing of it is measured: ${cuda?.detail ?? 'ONNX Runtime does not load'}.`,
    );
  if (!available && !options.quick) return;
  const provider = available ? 'cuda' : 'cpu';
  console.log(`  ${available ? (firstGpu() ?? 'a GPU without a name') : 'the CPU stands in'}`);
  console.log('  int8 models are left out: CUDA has no int8 convolution (docs/cuda.md).');
  const scale = options.quick ? quick : full;
  await inTemporaryFolder((folder) => embedding(folder, provider, scale));
  await training(provider, scale);
}

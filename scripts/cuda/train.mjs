// Training steps on CUDA: losses, images per second, profile.
// node scripts/cuda/train.mjs '{"architecture":"resnet50","batch":64,"size":224,"provider":"cuda","stepsPerCall":8,"steps":10,"timed":16}' PHOTOS.bin
// The losses of `steps` steps on photographs (rate 0.01), then images a second over `timed` more (rate 1e-6).
import { readFileSync, writeFileSync } from 'node:fs';
import { load, median, profiled, say } from './common.mjs';

const { buildStep } = await load('src/train/step/step-graph.js');
const { StepSession } = await load('src/train/step/step-session.js');
const { initialState } = await load('src/train/step/initial-state.js');
const { deviceOptions } = await load('src/train/step/device.js');
const { parseLoss } = await load('src/train/recipe/loss-expression.js');
const { encodeModel } = await load('src/onnx/index.js');
const o = {
  size: 224,
  batch: 64,
  steps: 10,
  timed: 16,
  width: 1,
  stepsPerCall: 1,
  stored: 224,
  batchNorm: 'batch',
  rate: 0.01,
  momentum: 0.9,
  classes: 91,
  loss: 'cross-entropy',
  ...JSON.parse(process.argv[2]),
};
const photos = new Uint8Array(readFileSync(process.argv[3]));
const { architecture, provider, batch, size, classes } = o;
const label = {
  test: 'train',
  side: 'ours',
  architecture,
  provider,
  batch,
  size,
  stepsPerCall: o.stepsPerCall,
  batchNorm: o.batchNorm,
  loss: o.loss,
  lossOptions: o.lossOptions,
  variant: o.variant ?? '',
  tf32: process.env.NVIDIA_TF32_OVERRIDE ?? 'default',
};
let seed = 7;
function rnd() {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}
const count = photos.length / (o.stored * o.stored * 3);
function feed(learningRate) {
  const images = new Uint8Array(batch * size * size * 3),
    labels = new BigInt64Array(batch);
  for (let n = 0; n < batch; n++) {
    const which = Math.floor(rnd() * count),
      bright = 0.8 + 0.4 * rnd(),
      flip = rnd() < 0.5;
    const dx = Math.floor(rnd() * (o.stored - size + 1)),
      dy = Math.floor(rnd() * (o.stored - size + 1));
    labels[n] = BigInt(which % classes);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const from = ((which * o.stored + y + dy) * o.stored + (flip ? o.stored - 1 - x - dx : x + dx)) * 3,
          to = ((n * size + y) * size + x) * 3;
        for (let c = 0; c < 3; c++) images[to + c] = Math.min(255, photos[from + c] * bright);
      }
  }
  return { images, labels, learningRate };
}
try {
  const start = performance.now();
  const step = buildStep({
    architecture,
    network: { width: o.width },
    loss: parseLoss(o.loss),
    lossOptions: o.lossOptions,
    lossSettings: { smoothing: 0.1, temperature: 1 },
    batchNorm: o.batchNorm,
    optimizer: { momentum: o.momentum, nesterov: o.momentum > 0, weightDecay: 5e-4 },
    classifierMultiplier: 1,
    backboneMultiplier: 1,
    dropout: 0,
    classes,
    batch,
    size,
    ...(o.as === undefined ? await deviceOptions(provider) : { provider: o.as }),
  });
  const state = await initialState(step, architecture, o.weights, 1);
  const stepper = await StepSession.open(step, state, { provider, stepsPerCall: o.stepsPerCall });
  const startSeconds = (performance.now() - start) / 1000;
  const feeds = Array.from({ length: o.steps }, () => feed(o.rate));
  const losses = [];
  let firstCall;
  for (let at = 0; at < feeds.length; at += o.stepsPerCall) {
    const t = performance.now();
    losses.push(...(await stepper.run(feeds.slice(at, at + o.stepsPerCall))));
    firstCall ??= (performance.now() - t) / 1000;
  }
  let norm = 0;
  for (const [name, d] of stepper.state) if (!name.startsWith('momentum.')) for (const v of d) norm += v * v;
  say({
    ...label,
    losses: losses.map((x) => +x.toFixed(6)),
    stateNorm: Math.sqrt(norm),
    startSeconds: +startSeconds.toFixed(1),
    firstCallSeconds: +firstCall.toFixed(1),
    nodes: step.model.graph.node.length,
  });
  if (o.save) writeFileSync(o.save, JSON.stringify(losses));
  if (o.timed > 0) {
    const calls = Array.from({ length: Math.max(2, Math.ceil(o.timed / o.stepsPerCall)) }, () =>
      Array.from({ length: o.stepsPerCall }, () => ({ ...feeds[0], learningRate: 1e-6 })),
    );
    await stepper.run(calls[0]);
    const times = [];
    for (const call of calls) {
      const t = performance.now();
      await stepper.run(call);
      times.push(performance.now() - t);
    }
    const ms = median(times) / o.stepsPerCall;
    say({
      ...label,
      imagesPerSecond: +((1000 * batch) / ms).toFixed(1),
      stepMs: +ms.toFixed(2),
      timesMs: times.map((t) => Math.round(t)),
    });
  }
  await stepper.close();
  if (o.profile) {
    const f = feeds[0];
    const data = {
      image: ['uint8', f.images],
      label: ['int64', f.labels],
      learning_rate: ['float32', Float32Array.of(1e-6)],
    };
    const one = Object.fromEntries([
      ...step.feeds.map(({ name, shape }) => [
        name,
        { type: data[name][0], dims: shape, data: data[name][1] },
      ]),
      ...[...step.state].map(([name, dims]) => [name, { type: 'float32', dims, data: state.get(name) }]),
    ]);
    const p = await profiled(encodeModel(step.model), [one, one, one], provider);
    say({ ...label, test: 'train-profile', blocking: process.env.CUDA_LAUNCH_BLOCKING ?? '0', ...p });
  }
} catch (error) {
  say({ ...label, error: String(error.message).slice(0, 1500) });
  process.exitCode = 1;
}

// slow: trains
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModel } from '../../../src/onnx/index.ts';
import { momentumPrefix, scheduleOf } from '../../../src/optim/index.ts';
import { Session } from '../../../src/runtime/index.ts';
import { buildStep, gradientPrefix, type Step } from '../../../src/train/step/step-graph.ts';
import { StepSession } from '../../../src/train/step/step-session.ts';
import { readSafetensors, type SafetensorsFile } from '../../../src/weights/index.ts';
import { fixture } from '../../support/repository.ts';

const classes = 5;

interface Golden {
  readonly file: SafetensorsFile;
  readonly step: Step;
  readonly state: Map<string, Float32Array>;
  /** A setting of the run, as JSON. */
  readonly setting: (name: string) => unknown;
}

/** The step is the one for a provider; that for CUDA runs on the CPU too. */
async function readGoldenRun(name: string, provider: 'cpu' | 'cuda' = 'cpu'): Promise<Golden> {
  const file = await readSafetensors(fixture('train', `${name}.safetensors`));
  const setting = (key: string): unknown => JSON.parse(file.metadata.get(key) ?? 'null');
  const step = buildStep({
    architecture: String(setting('architecture')),
    network: { width: Number(setting('width')), freezeBlocks: Number(setting('freezeBlocks') ?? 0) },
    loss: [{ name: 'cross-entropy', weight: 1 }],
    lossSettings: { smoothing: Number(setting('smoothing')) },
    batchNorm: setting('bn') === 'frozen' ? 'frozen' : 'batch',
    optimizer: {
      momentum: Number(setting('momentum')),
      nesterov: setting('nesterov') === true,
      weightDecay: Number(setting('weightDecay')),
    },
    classifierMultiplier: Number(setting('classifierMultiplier')),
    backboneMultiplier: 1,
    dropout: 0,
    classes,
    batch: Number(setting('batch')),
    size: Number(setting('size')),
    provider,
    showGradients: true,
  });
  const state = new Map(
    [...step.state].map(([parameter, shape]) => {
      const initial = file.tensors.get(`initial.${parameter}`)?.data as Float32Array | undefined;
      assert.ok(initial !== undefined || parameter.startsWith(momentumPrefix), `no initial ${parameter}`);
      return [parameter, initial ?? new Float32Array(shape.reduce((size, dim) => size * dim, 1))];
    }),
  );
  return { file, step, state, setting };
}

/**
 * The largest difference over the largest number of what is expected, which counts as 0.01 at least: gradients of
 * biases behind which a BatchNorm takes the mean away are zero but for rounding.
 */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  let [difference, largest] = [0, 0.01];
  for (let i = 0; i < expected.length; i += 1) {
    const [a, e] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    assert.ok(Number.isFinite(a), `number ${i} is ${a}`);
    difference = Math.max(difference, Math.abs(a - e));
    largest = Math.max(largest, Math.abs(e));
  }
  return difference / largest;
}

function assertClose(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const error = relativeError(actual, expected);
  assert.ok(error <= 1e-4, `${name} is ${error} off, relative to its largest number`);
}

/** The batch of a step: two take turns. */
function batchOf({ file, setting }: Golden, index: number): { images: Uint8Array; labels: BigInt64Array } {
  const images = file.tensors.get('images')?.data as Uint8Array;
  const labels = file.tensors.get('labels')?.data as BigInt64Array;
  const [picture, count] = [images.length / 2, Number(setting('batch'))];
  const turn = index % 2;
  return {
    images: images.slice(turn * picture, (turn + 1) * picture),
    labels: labels.slice(turn * count, (turn + 1) * count),
  };
}

async function firstGradients(
  { step, state }: Golden,
  batch: ReturnType<typeof batchOf>,
): Promise<Map<string, Float32Array>> {
  await using session = await Session.open(encodeModel(step.model), { provider: 'cpu', threads: 1 });
  const feeds = Object.fromEntries(
    step.feeds.map(({ name, dataType, shape }) => {
      const data = { image: batch.images, label: batch.labels, learning_rate: Float32Array.of(0) }[name];
      return [name, { type: dataType, dims: shape, data } as never];
    }),
  );
  for (const [name, dims] of step.state)
    feeds[name] = { type: 'float32', dims, data: state.get(name) } as never;
  const outputs = await session.run(feeds);
  return new Map(step.learned.map((name) => [name, outputs[gradientPrefix + name]?.data as Float32Array]));
}

const runs = ['resnet50', 'efficientnet-lite0'].flatMap((net) => [`${net}-batch`, `${net}-frozen`]);
runs.push('efficientnet-lite0-kept');

/** Runs by the graph for CUDA: one of each network, and one of each way with the statistics. */
const onCuda = ['resnet50-frozen', 'efficientnet-lite0-batch'];
/** Runs with several steps a call, which are the same graph in a loop. */
const inTurns = ['resnet50-batch', 'efficientnet-lite0-kept'];

for (const name of runs) {
  for (const provider of onCuda.includes(name) ? (['cpu', 'cuda'] as const) : (['cpu'] as const))
    test(`${name}, the graph for ${provider}: the gradients of the first step are PyTorch's`, async () => {
      const golden = await readGoldenRun(name, provider);
      const found = await firstGradients(golden, batchOf(golden, 0));
      for (const [parameter, gradient] of found)
        assertClose(
          parameter,
          gradient,
          golden.file.tensors.get(`gradient.${parameter}`)?.data as Float32Array,
        );
      assert.equal(
        found.size,
        [...golden.file.tensors.keys()].filter((key) => key.startsWith('gradient.')).length,
      );
    });

  const ways = [
    ['cpu', 1],
    ...(inTurns.includes(name) ? ([['cpu', 5]] as const) : []),
    ...(onCuda.includes(name) ? ([['cuda', 5]] as const) : []),
  ] as const;
  for (const [provider, stepsPerCall] of ways) {
    test(`${name}, the graph for ${provider}: ten losses and the weights after them are PyTorch's, ${stepsPerCall} steps a call`, async () => {
      const golden = await readGoldenRun(name, provider);
      const { file, step, state, setting } = golden;
      const total = Number(setting('steps'));
      const schedule = scheduleOf({ kind: 'cosine', warmup: Number(setting('warmup')), floor: 0 });
      await using stepper = await StepSession.open(step, state, {
        provider: 'cpu',
        threads: 1,
        stepsPerCall,
      });
      const losses: number[] = [];
      for (let first = 0; first < total; first += stepsPerCall) {
        const steps = Array.from({ length: stepsPerCall }, (_, at) => first + at).map((index) => ({
          ...batchOf(golden, index),
          learningRate: Number(setting('lr')) * schedule(index, total),
        }));
        losses.push(...(await stepper.run(steps)));
      }
      assertClose('the losses', losses, file.tensors.get('losses')?.data as Float32Array);
      for (const [parameter, numbers] of stepper.state) {
        if (!parameter.startsWith(momentumPrefix))
          assertClose(parameter, numbers, file.tensors.get(`final.${parameter}`)?.data as Float32Array);
      }
    });
  }
}

test('blocks that are kept are not learned, have no momentum, and stay as they are bit for bit', async () => {
  const golden = await readGoldenRun('efficientnet-lite0-kept');
  const { step, state } = golden;
  const isKept = (name: string): boolean => /^(_conv_stem|_bn0|_blocks\.[0-7])\./.test(name);
  assert.deepEqual(step.learned.filter(isKept), []);
  assert.ok(step.learned.includes('_blocks.8._expand_conv.weight'));
  assert.ok(!step.state.has(`${momentumPrefix}_blocks.7._expand_conv.weight`));
  await using stepper = await StepSession.open(step, state, { provider: 'cpu', threads: 1 });
  await stepper.run([{ ...batchOf(golden, 0), learningRate: 0.1 }]);
  const kept = [...stepper.state].filter(([name]) => isKept(name));
  assert.ok(kept.length > 80);
  for (const [name, numbers] of kept) assert.deepEqual(numbers, state.get(name), name);
  assert.notDeepEqual(
    stepper.state.get('_blocks.8._bn0.running_mean'),
    state.get('_blocks.8._bn0.running_mean'),
  );
});

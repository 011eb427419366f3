// Our training step in a process of its own: node training-step.js SETUP, where SETUP is JSON. Prints one line of JSON.
import { availableParallelism } from 'node:os';
import { randomNumbers } from '../../src/random.ts';
import { deviceOptions } from '../../src/train/step/device.ts';
import { initialState } from '../../src/train/step/initial-state.ts';
import { buildStep, type Step } from '../../src/train/step/step-graph.ts';
import { StepSession } from '../../src/train/step/step-session.ts';
import { median } from './measure.ts';

/** What is to be measured. */
export interface StepSetup {
  readonly architecture: string;
  readonly batch: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly batchNorm: 'batch' | 'frozen';
  /** Steps measured, after two that warm up. */
  readonly steps: number;
  /** Of the network; 1 is the real one. */
  readonly width: number;
}

/** What both sides print. */
export interface StepFigures {
  /** The median over the steps. */
  readonly imagesPerSecond: number;
  /** Of the process. */
  readonly peakMemoryMiB: number;
  /** Building the graph and opening the session; PyTorch has no such thing. */
  readonly startSeconds?: number | undefined;
}

const classes = 91;

/** The same work as in train_pytorch.py: label-smoothed cross-entropy, SGD with Nesterov momentum and weight decay. */
const stepOf = (
  { architecture, batch, size, batchNorm, width }: StepSetup,
  machine: Awaited<ReturnType<typeof deviceOptions>>,
): Step =>
  buildStep({
    architecture,
    network: { width },
    loss: [{ name: 'cross-entropy', weight: 1 }],
    lossSettings: { smoothing: 0.1 },
    batchNorm,
    optimizer: { momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    classifierMultiplier: 1,
    backboneMultiplier: 1,
    dropout: 0,
    classes,
    batch,
    size,
    ...machine,
  });

/** Seconds of each step. Little is learned, so that no number grows past bounds: the work is the same. */
async function stepSeconds(stepper: StepSession, { batch, size, steps }: StepSetup): Promise<number[]> {
  const random = randomNumbers(1);
  const seconds: number[] = [];
  for (let at = 0; at < 2 + steps; at += 1) {
    const images = Uint8Array.from({ length: batch * size * size * 3 }, () => 256 * random());
    const labels = BigInt64Array.from({ length: batch }, () => BigInt(Math.floor(classes * random())));
    const start = performance.now();
    const [loss] = await stepper.run([{ images, labels, learningRate: 1e-6 }]);
    seconds.push((performance.now() - start) / 1000);
    if (!Number.isFinite(loss))
      throw new RangeError(`the loss is ${loss}: such arithmetic has another speed`);
  }
  return seconds.slice(2);
}

async function measure(setup: StepSetup): Promise<StepFigures> {
  const machine = await deviceOptions('cpu');
  const start = performance.now();
  const step = stepOf(setup, machine);
  const built = performance.now();
  const state = await initialState(step, setup.architecture, undefined, 1);
  const opening = performance.now();
  const threads = Math.min(2, availableParallelism());
  await using stepper = await StepSession.open(step, state, { provider: 'cpu', threads });
  const startSeconds = (built - start + performance.now() - opening) / 1000;
  const imagesPerSecond = setup.batch / median(await stepSeconds(stepper, setup));
  return { imagesPerSecond, startSeconds, peakMemoryMiB: process.resourceUsage().maxRSS / 1024 };
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '') as StepSetup)));

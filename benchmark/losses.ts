// What does a step cost with each loss, beside cross-entropy? Batch 128 of 32 labels x 4, 112 px, ResNet-50 (a feature of
// 2,048 numbers), 100 classes. In processor time of one thread, which other work on the machine changes less than time by
// the clock: the loss and its gradients alone, each in turn with cross-entropy's, over a whole step; whole steps of a small
// network with every loss in turn, and cross-entropy a second time, which says how far to trust them; then whole steps of the
// large network with the dearest loss, in turn (two sessions, some 14 GiB). PCE that finds its lambda in each step has no goal.
import { availableParallelism } from 'node:os';
import { GraphBuilder, gradients } from '../src/graph/index.ts';
import { type LossTerm, losses, sumOfLosses } from '../src/nn/index.ts';
import { encodeModel } from '../src/onnx/index.ts';
import { randomNumbers } from '../src/random.ts';
import { type RuntimeTensor, Session } from '../src/runtime/index.ts';
import { deviceOptions } from '../src/train/step/device.ts';
import { initialState } from '../src/train/step/initial-state.ts';
import { buildStep } from '../src/train/step/step-graph.ts';
import { StepSession } from '../src/train/step/step-session.ts';
import { type Contender, median, takeTurns } from './support/measure.ts';

type Options = Readonly<Record<string, string | number | boolean>>;

/** A loss with some options. */
interface Case {
  readonly name: string;
  readonly options: Options;
}

interface Setup {
  readonly batch: number;
  readonly size: number;
  readonly dimension: number;
  readonly classes: number;
  readonly width: number;
  readonly rounds: number;
  readonly steps: number;
}

const full: Setup = { batch: 128, size: 112, dimension: 2048, classes: 100, width: 1, rounds: 15, steps: 6 };
/** A loss is a larger share of its step: what is below the goal here is so in the large network. */
const small: Setup = { ...full, size: 32, dimension: 512, width: 1 / 4, steps: 20 };
const quick: Setup = { batch: 8, size: 32, dimension: 64, classes: 4, width: 1 / 32, rounds: 1, steps: 1 };
const imagesPerLabel = 4;
/** Steps of a session that are not measured. */
const warmUp = 4;

/** Every loss by default, and the options that make one dearer. */
const cases: readonly Case[] = [
  ...Object.keys(losses).map((name) => ({ name, options: {} })),
  { name: 'multi-similarity', options: { mining: true } },
  { name: 'triplet', options: { mining: 'semi-hard' } },
  { name: 'center', options: { centers: 'learned' } },
  { name: 'pce', options: { lambda: 'batch' } },
];
const base: Case = { name: 'cross-entropy', options: {} };

/** Processor milliseconds of some work. */
async function cost(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const termsOf = ({ name }: Case): LossTerm[] => [{ name, weight: 1 }];

const labelsOf = ({ batch, classes }: Setup): BigInt64Array =>
  BigInt64Array.from({ length: batch }, (_, at) => BigInt(Math.floor(at / imagesPerLabel) % classes));

/** Features around a random centre of their label. */
function featuresOf({ batch, dimension }: Setup): Float32Array {
  const random = randomNumbers(3);
  const centres = Array.from({ length: Math.ceil(batch / imagesPerLabel) }, () =>
    Array.from({ length: dimension }, random),
  );
  return Float32Array.from({ length: batch * dimension }, (_, at) => {
    const label = Math.floor(at / dimension / imagesPerLabel);
    return (centres[label]?.[at % dimension] ?? 0) + 0.3 * random();
  });
}

/** A loss and its gradients for the feature and its own parameters, without the network. */
async function lossAlone(one: Case, setup: Setup): Promise<Contender & AsyncDisposable> {
  const { batch, dimension, classes } = setup;
  const g = new GraphBuilder('loss', { batchNorm: 'batch' });
  const embedding = g.input('embedding', 'float32', [batch, dimension]);
  const input = { embedding, labels: g.input('label', 'int64', [batch]), classes };
  const loss = sumOfLosses(g, termsOf(one), input, { [one.name]: one.options });
  const sources = [embedding, ...[...g.parameters.keys()].map((name) => g.value(name))];
  for (const [at, gradient] of gradients(g, loss, sources).entries()) g.output(gradient, `gradient${at}`);
  g.output(loss, 'loss');
  const random = randomNumbers(5);
  const parameters = new Map(
    [...g.parameters].map(([name, shape]) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, Float32Array.from({ length: size }, () => (random() - 0.5) / Math.sqrt(dimension))];
    }),
  );
  const session = await Session.open(encodeModel(g.build(parameters)), { provider: 'cpu', threads: 1 });
  const feeds: Record<string, RuntimeTensor> = {
    embedding: { type: 'float32', dims: [batch, dimension], data: featuresOf(setup) },
    label: { type: 'int64', dims: [batch], data: labelsOf(setup) },
  };
  await session.run(feeds);
  return {
    name: labelOf(one),
    measure: () => cost(() => session.run(feeds)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** A whole training step of ResNet-50. */
async function wholeStep(one: Case, setup: Setup): Promise<Contender & AsyncDisposable> {
  const { batch, size, classes, width } = setup;
  const step = buildStep({
    architecture: 'resnet50',
    network: { width },
    loss: termsOf(one),
    lossOptions: { [one.name]: one.options },
    lossSettings: {},
    batchNorm: 'batch',
    optimizer: { momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    classifierMultiplier: 1,
    backboneMultiplier: 1,
    dropout: 0,
    classes,
    batch,
    size,
    ...(await deviceOptions('cpu')),
  });
  const state = await initialState(step, 'resnet50', undefined, 1);
  const stepper = await StepSession.open(step, state, { provider: 'cpu', threads: 1 });
  const random = randomNumbers(1);
  const images = Uint8Array.from({ length: batch * size * size * 3 }, () => 256 * random());
  const feed = { images, labels: labelsOf(setup), learningRate: 1e-6 };
  // The first steps of a session cost more.
  for (let step = 0; step < warmUp; step += 1) await stepper.run([feed]);
  return {
    name: labelOf(one),
    measure: () => cost(() => stepper.run([feed])),
    [Symbol.asyncDispose]: () => stepper[Symbol.asyncDispose](),
  };
}

const labelOf = ({ name, options }: Case): string =>
  [name, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)].join(' ');

/** The median cost of cross-entropy and of another loss alone, in turn. */
async function pairAlone(one: Case, setup: Setup): Promise<readonly [base: number, own: number]> {
  await using first = await lossAlone(base, setup);
  await using second = await lossAlone(one, setup);
  const [bases = [], owns = []] = await takeTurns([first, second], setup.rounds);
  return [median(bases), median(owns)];
}

const quartiles = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.round(share * (sorted.length - 1))] ?? 0).toFixed(3);
  return `${at(0.25)} to ${at(0.75)}`;
};

/** Prints for each contender after the first two, both cross-entropy, its cost beside their mean, round by round. */
function printRatios(contenders: readonly Contender[], costs: readonly (readonly number[])[]): void {
  const [first = [], again = []] = costs;
  const base = first.map((cost, round) => (cost + (again[round] ?? Number.NaN)) / 2);
  const line = (name: string, ratios: readonly number[]): void =>
    console.log(
      `  ${name.padEnd(32)} whole step ${median(ratios).toFixed(3)} x (half of the rounds: ${quartiles(ratios)})`,
    );
  line(
    'cross-entropy beside itself',
    again.map((cost, round) => cost / (first[round] ?? Number.NaN)),
  );
  for (const [at, { name }] of contenders.entries())
    if (at > 1) line(name, costs[at]?.map((cost, round) => cost / (base[round] ?? Number.NaN)) ?? []);
}

/** Whole steps with every loss in turn, in one process. */
async function reportSmall(setup: Setup, chosen: readonly Case[]): Promise<void> {
  const contenders: (Contender & AsyncDisposable)[] = [];
  try {
    for (const one of [base, base, ...chosen.filter(({ name }) => name !== base.name)])
      contenders.push(await wholeStep(one, setup));
    const costs = await takeTurns(contenders, setup.steps);
    const { batch, size, dimension } = setup;
    console.log(
      `  a small network: batch ${batch}, ${size} px, ${dimension} numbers; a step with cross-entropy ${median(costs[0] ?? []).toFixed(0)} ms of processor time; ${setup.steps} rounds`,
    );
    printRatios(contenders, costs);
  } finally {
    for (const contender of contenders) await contender[Symbol.asyncDispose]();
  }
}

/** Whole steps with one loss, in turn with cross-entropy. */
async function reportWhole(one: Case, setup: Setup): Promise<void> {
  await using first = await wholeStep(base, setup);
  await using second = await wholeStep(one, setup);
  const [bases = [], owns = []] = await takeTurns([first, second], setup.steps);
  const ratios = owns.map((own, at) => own / (bases[at] ?? Number.NaN));
  console.log(
    `  whole steps in turn: cross-entropy ${median(bases).toFixed(0)} ms, ${labelOf(one)} ${median(owns).toFixed(0)} ms, ratio ${median(ratios).toFixed(3)} (half of the rounds: ${quartiles(ratios)}; goal <= 1.05)`,
  );
}

async function stepCost(setup: Setup): Promise<number> {
  await using whole = await wholeStep(base, setup);
  const [costs = []] = await takeTurns([whole], setup.steps);
  return median(costs);
}

/** Prints for each loss its cost beside cross-entropy's, alone and over a step. */
export async function run(options: { readonly quick: boolean }): Promise<void> {
  const setup = options.quick ? quick : full;
  const step = await stepCost(setup);
  const { batch, size, dimension, classes } = setup;
  console.log(
    `  batch ${batch}, ${size} px, ${dimension} numbers, ${classes} classes; one of ${availableParallelism()} threads; a step with cross-entropy ${step.toFixed(0)} ms of processor time`,
  );
  const found: { readonly one: Case; readonly ratio: number }[] = [];
  const chosen = options.quick ? cases.slice(0, 3) : cases;
  for (const one of chosen) {
    const [ce, own] = await pairAlone(one, setup);
    const ratio = 1 + (own - ce) / step;
    found.push({ one, ratio });
    console.log(
      `  ${labelOf(one).padEnd(32)} alone ${own.toFixed(2).padStart(7)} ms (cross-entropy ${ce.toFixed(2)} ms), step ${ratio.toFixed(4)} x (goal <= 1.05)`,
    );
  }
  await reportSmall(options.quick ? quick : small, chosen);
  const dearest = found
    .filter(({ one }) => one.options['lambda'] !== 'batch')
    .toSorted((a, b) => b.ratio - a.ratio)[0];
  if (dearest !== undefined) await reportWhole(dearest.one, setup);
}

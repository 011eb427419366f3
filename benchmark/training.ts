// How fast is a training step on the CPU, and how much memory does it take, beside PyTorch? Images per second and peak
// memory of ResNet-50 and EfficientNet-Lite0, 2 threads each, in processes of their own that take turns. PyTorch runs in
// both orders of values in memory; the faster one counts. SNAPSHELF_PYTHON names a Python that has torch and torchvision.
import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './support/measure.ts';
import { findPython } from './support/python.ts';
import type { StepFigures, StepSetup } from './support/training-step.ts';

const call = promisify(execFile);
const ours = fileURLToPath(new URL(`./support/training-step${extname(import.meta.url)}`, import.meta.url));
const theirs = fileURLToPath(new URL('../../benchmark/support/train_pytorch.py', import.meta.url));

interface Case extends StepSetup {
  /** The share of PyTorch's speed that we are after. */
  readonly goal: number;
}

const real = { width: 1, steps: 5 } as const;
const resnet = { ...real, architecture: 'resnet50', goal: 0.9 } as const;
const efficientnet = { ...real, architecture: 'efficientnet-lite0', goal: 0.7 } as const;
const full: readonly Case[] = [
  { ...resnet, batch: 16, size: 224, batchNorm: 'batch' },
  { ...resnet, batch: 16, size: 224, batchNorm: 'frozen' },
  { ...resnet, batch: 32, size: 112, batchNorm: 'batch' },
  { ...resnet, batch: 32, size: 112, batchNorm: 'frozen' },
  { ...efficientnet, batch: 16, size: 224, batchNorm: 'batch' },
  { ...efficientnet, batch: 16, size: 160, batchNorm: 'batch' },
];
const quick: readonly Case[] = [resnet, efficientnet].map((network) => ({
  ...network,
  width: 0.125,
  steps: 1,
  batch: 2,
  size: 32,
  batchNorm: 'batch',
}));
const rounds = 3;

async function figuresOf(command: string, args: readonly string[]): Promise<StepFigures> {
  const { stdout } = await call(command, args);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as StepFigures;
}

const layouts = ['nchw', 'nhwc'] as const;

function pytorch(python: string, setup: StepSetup, layout: (typeof layouts)[number]): Promise<StepFigures> {
  const { architecture, batch, size, batchNorm, steps } = setup;
  const options = { arch: architecture, batch, size, bn: batchNorm, steps, threads: 2, layout };
  return figuresOf(python, [
    theirs,
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  ]);
}

type Round = readonly StepFigures[];

/** One round: ours, then PyTorch's where there is one. */
async function measure(setup: StepSetup, python: string | undefined): Promise<Round> {
  const figures = [await figuresOf(process.execPath, [ours, JSON.stringify(setup)])];
  if (python === undefined) return figures;
  for (const layout of layouts) figures.push(await pytorch(python, setup, layout));
  return figures;
}

const middle = (rounds: readonly Round[], figure: (round: Round) => number | undefined): number =>
  median(rounds.map((round) => figure(round) ?? Number.NaN));

/** The faster of PyTorch's orders. */
function fasterOrder(results: readonly Round[]): number {
  const [first = 0, second = 0] = layouts.map((_, at) =>
    middle(results, (round) => round[at + 1]?.imagesPerSecond),
  );
  return second > first ? 2 : 1;
}

function report(setup: Case, results: readonly Round[]): void {
  const { architecture, batch, size, batchNorm, goal } = setup;
  const show = (at: number): string => {
    const rate = middle(results, (round) => round[at]?.imagesPerSecond).toFixed(2);
    return `${rate} images/s, ${middle(results, (round) => round[at]?.peakMemoryMiB).toFixed(0)} MiB`;
  };
  const start = middle(results, ([own]) => own?.startSeconds).toFixed(1);
  console.log(`  ${architecture}, batch ${batch}, ${size} pixels, BatchNorm ${batchNorm}`);
  console.log(`    ours     ${show(0)}, start ${start} s   (goal <= 20 s)`);
  if (results[0]?.length === 1) return;
  const best = fasterOrder(results);
  const ratio = (figure: keyof StepFigures): string =>
    middle(results, (round) => (round[0]?.[figure] ?? 0) / (round[best]?.[figure] ?? 0)).toFixed(2);
  console.log(`    PyTorch  ${show(best)} (${layouts[best - 1]}; the other ${show(3 - best)})`);
  console.log(
    `    ratio    speed ${ratio('imagesPerSecond')} (goal >= ${goal}), memory ${ratio('peakMemoryMiB')} (goal <= 1.5)`,
  );
}

/** Prints for each case images a second, peak memory and ratios. In quick mode only ours, on tiny networks. */
export async function run(options: { readonly quick: boolean }): Promise<void> {
  const found = options.quick ? { missing: 'quick' } : await findPython();
  if ('missing' in found) console.log(`  PyTorch is left out: ${found.missing}`);
  const python = 'python' in found ? found.python : undefined;
  for (const setup of options.quick ? quick : full) {
    const results: Round[] = [];
    for (let round = 0; round < (options.quick ? 1 : rounds); round += 1)
      results.push(await measure(setup, python));
    report(setup, results);
  }
}

// How much faster is int8? Images per second of ResNet-50 at 224 pixels and EfficientNet-Lite0 at 208, batch 8, 2
// threads, raw pixels to feature: our float32 file, our int8 file, and eager PyTorch in float32, which take turns.
// Weights are random: speed does not depend on them. SNAPSHELF_PYTHON names a Python that has torch and torchvision.
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { exportModel } from '../src/export/index.ts';
import { type LineProcess, startLineProcess } from './support/line-process.ts';
import { type Contender, median, takeTurns } from './support/measure.ts';
import { photo } from './support/photo.ts';
import { findPython } from './support/python.ts';
import { randomWeights } from './support/random-network.ts';
import type { RawSetup } from './support/raw-session.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Case {
  readonly architecture: string;
  readonly size: number;
  readonly width: number;
  /** Batches in one measurement. */
  readonly runs: number;
  /** The speed of int8 over that of float32 that we are after. */
  readonly goal: number;
}
const full: readonly Case[] = [
  { architecture: 'resnet50', size: 224, width: 1, runs: 4, goal: 3 },
  { architecture: 'efficientnet-lite0', size: 208, width: 1, runs: 8, goal: 2 },
];
const quick = full.map((real) => ({ ...real, size: 64, width: 0.125, runs: 2 }));
const [batch, threads, rounds] = [8, 2, 7];
const theirs = fileURLToPath(new URL('../../benchmark/support/forward_pytorch.py', import.meta.url));

async function exportBoth(folder: string, { architecture, size, width }: Case): Promise<string[]> {
  const pictures = await Promise.all(
    Array.from({ length: 10 }, async (_, seed) => {
      const path = join(folder, `${seed}.jpg`);
      await writeFile(path, await photo(seed, 320, 320));
      return path;
    }),
  );
  const common = { architecture, network: { width }, weights: randomWeights(architecture, { width }) };
  const paths = ['float32', 'int8'].map((name) => join(folder, `${architecture}-${name}.onnx`));
  const [float = '', bytes = ''] = paths;
  await exportModel({ ...common, size, resize: size, out: float });
  await exportModel({ ...common, size, resize: size, out: bytes, int8: { pictures, minCosine: 0.5 } });
  return paths;
}

/** Our session in a worker thread, and how to end it. */
async function ours(name: string, setup: RawSetup, runs: number): Promise<[Contender, () => unknown]> {
  const script = new URL(`./support/raw-session${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData: setup });
  await once(worker, 'message');
  const measure = async (): Promise<number> => {
    worker.postMessage(runs);
    const [ms] = await once(worker, 'message');
    return (runs * setup.batch * 1000) / ms;
  };
  return [{ name, measure }, () => worker.terminate()];
}

/** PyTorch in a process of its own, with its values in one order, and how to end it. */
async function pytorch(python: string, layout: string, setup: Case): Promise<[Contender, () => unknown]> {
  const { architecture, size, runs } = setup;
  const options = { arch: architecture, batch, size, threads, layout };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child: LineProcess = await startLineProcess(python, [theirs, ...args]);
  const measure = async (): Promise<number> => (runs * batch * 1000) / Number(await child.ask(`${runs}`));
  return [{ name: `PyTorch eager float32, ${layout}`, measure }, child.end];
}

async function contendersOf(
  paths: readonly string[],
  setup: Case,
  python: string | undefined,
): Promise<[Contender, () => unknown][]> {
  const own = ['float32', 'int8'].map((name, i) =>
    ours(name, { modelPath: paths[i] ?? '', threads, size: setup.size, batch }, setup.runs),
  );
  const others = python === undefined ? [] : ['nchw', 'nhwc'].map((layout) => pytorch(python, layout, setup));
  return Promise.all([...own, ...others]);
}

function report({ goal }: Case, names: readonly string[], rates: readonly number[][], bytes: number[]): void {
  const [float = [], int8 = []] = rates;
  const over = (base: readonly number[]): number =>
    median(int8.map((rate, round) => rate / (base[round] ?? Number.NaN)));
  for (const [i, name] of names.entries()) {
    const size = bytes[i] === undefined ? '' : `, ${(bytes[i] / 1e6).toFixed(1)} MB`;
    console.log(
      `    ${name.padEnd(28)} ${median(rates[i] ?? [])
        .toFixed(1)
        .padStart(7)} images/s${size}`,
    );
  }
  console.log(`    int8 over float32 ${over(float).toFixed(2)} (goal >= ${goal})`);
  const slower = Math.min(...rates.slice(2).map(over));
  if (Number.isFinite(slower)) console.log(`    int8 over PyTorch's faster order ${slower.toFixed(2)}`);
}

async function compare(setup: Case, python: string | undefined, isQuick: boolean): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const paths = await exportBoth(folder, setup);
    const bytes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    const all = await contendersOf(paths, setup, python);
    const contenders = all.map(([contender]) => contender);
    await takeTurns(contenders, 1); // warms up
    const rates = await takeTurns(contenders, isQuick ? 2 : rounds);
    console.log(`  ${setup.architecture}, ${setup.size} pixels, batch ${batch}, ${threads} threads`);
    report(
      setup,
      contenders.map(({ name }) => name),
      rates,
      bytes,
    );
    await Promise.all(all.map(([, end]) => end()));
  });
}

/** Prints rates and ratios for each network. In quick mode only ours, on tiny networks. */
export async function run(options: { readonly quick: boolean }): Promise<void> {
  const found = options.quick ? { missing: 'quick' } : await findPython();
  if ('missing' in found) console.log(`  PyTorch is left out: ${found.missing}`);
  const python = 'python' in found ? found.python : undefined;
  for (const setup of options.quick ? quick : full) await compare(setup, python, options.quick);
}

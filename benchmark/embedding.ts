// What does the pipeline cost over the bare session? Images per second of ResNet-50 (fp32, batch 8) as a raw session
// in a worker thread, through the embedder, and through the embedder with JPEG decoding of 1-megapixel photos.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Embedder } from '../src/embed/index.ts';
import { type Contender, median, takeTurns } from './support/measure.ts';
import { photo } from './support/photo.ts';
import { randomNetwork } from './support/random-network.ts';
import type { RawSetup } from './support/raw-session.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly architecture: string;
  readonly width: number;
  readonly size: number;
  /** Batches in one measurement. */
  readonly runs: number;
  readonly rounds: number;
}
const full: Scale = { architecture: 'resnet50', width: 1, size: 224, runs: 8, rounds: 5 };
const quick: Scale = { architecture: 'resnet18', width: 0.25, size: 96, runs: 4, rounds: 2 };
const batch = 8;
const threads = availableParallelism();

/** Calls `embed` `count` times, three batches of calls at a time. */
async function inFlight(count: number, embed: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await embed(next++);
  };
  await Promise.all(Array.from({ length: 3 * batch }, lane));
}

async function rate(images: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (images * 1000) / (performance.now() - start);
}

async function startRawSession(setup: RawSetup): Promise<Worker> {
  const script = new URL(`./support/raw-session${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData: setup });
  await once(worker, 'message');
  return worker;
}

async function compare(modelPath: string, { size, runs, rounds }: Scale): Promise<void> {
  const raw = await startRawSession({ modelPath, threads, size, batch });
  await using embedder = await Embedder.open(modelPath, { provider: 'cpu', threads, maxBatch: batch });
  const pictures = await Promise.all(Array.from({ length: batch }, (_, seed) => photo(seed, 1152, 868)));
  const pixels = { data: new Uint8Array(size * size * 3).fill(99), width: size, height: size };
  const images = runs * batch;
  const contenders: Contender[] = [
    {
      name: 'raw session',
      measure: async () => {
        raw.postMessage(runs);
        const [ms] = await once(raw, 'message');
        return (images * 1000) / ms;
      },
    },
    {
      name: 'embedder, decoded pixels',
      measure: () => rate(images, () => inFlight(images, () => embedder.embedPixels(pixels))),
    },
    {
      name: 'embedder, 1 MP JPEGs',
      measure: () =>
        rate(images, () => inFlight(images, (i) => embedder.embed(pictures[i % batch] ?? new Uint8Array()))),
    },
  ];
  await takeTurns(contenders, 1); // warms up
  report(contenders, await takeTurns(contenders, rounds));
  await raw.terminate();
}

function report(contenders: readonly Contender[], rates: readonly number[][]): void {
  const [base = []] = rates;
  for (const [i, { name }] of contenders.entries()) {
    const own = rates[i] ?? [];
    const ratio = median(own.map((value, round) => value / (base[round] ?? Number.NaN)));
    console.log(
      `  ${name.padEnd(26)} ${median(own).toFixed(1).padStart(7)} images/s   ${ratio.toFixed(3)} of raw`,
    );
  }
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  const scale = options.quick ? quick : full;
  await inTemporaryFolder(async (folder) => {
    const modelPath = join(folder, 'model.onnx');
    await writeFile(modelPath, randomNetwork(scale.architecture, scale.size, scale.width));
    await compare(modelPath, scale);
  });
}

// What does keeping resized pictures buy a training run? Images per second of an epoch (160 pixels, random resized crop,
// flip, colour jitter, one worker thread) when every picture is decoded anew, and out of the caches.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CacheMode, Loader, type TrainSample, type TrainTransform } from '../src/datasets/index.ts';
import { type Contender, median, takeTurns } from './support/measure.ts';
import { photo } from './support/photo.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly pictures: number;
  readonly batch: number;
  readonly rounds: number;
}
const full: Scale = { pictures: 256, batch: 32, rounds: 5 };
const quick: Scale = { pictures: 8, batch: 4, rounds: 2 };
const modes: readonly CacheMode[] = ['none', 'disk', 'memory'];
const transform: TrainTransform = {
  resize: { mode: 'short-side', size: 200, filter: 'bilinear' },
  crop: { kind: 'random-resized', area: [0.08, 1], ratio: [3 / 4, 4 / 3] },
  size: 160,
  filter: 'bilinear',
  flip: true,
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
};

async function drawSamples(folder: string, count: number): Promise<TrainSample[]> {
  const drawn = await Promise.all(Array.from({ length: 8 }, (_, seed) => photo(seed, 640, 480)));
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const path = join(folder, `${at}.jpg`);
      await writeFile(path, drawn[at % drawn.length] ?? new Uint8Array());
      return { path, label: at % 8 };
    }),
  );
}

/** Images per second of one epoch. */
async function rate(loader: Loader, epoch: number): Promise<number> {
  const start = performance.now();
  let images = 0;
  for await (const { labels } of loader.epoch(epoch)) images += labels.length;
  return (images * 1000) / (performance.now() - start);
}

async function compare(folder: string, { pictures, batch, rounds }: Scale): Promise<void> {
  const samples = await drawSamples(folder, pictures);
  const options = { transform, batch, seed: 1, cacheDir: join(folder, 'cache') };
  const loaders = await Promise.all(modes.map((cache) => Loader.open(samples, { ...options, cache })));
  let epoch = 0;
  const contenders: Contender[] = loaders.map((loader) => ({
    name: loader.cache,
    measure: () => rate(loader, epoch++),
  }));
  await takeTurns(contenders, 1); // warms up
  report(contenders, await takeTurns(contenders, rounds));
  await Promise.all(loaders.map((loader) => loader.close()));
}

function report(contenders: readonly Contender[], rates: readonly number[][]): void {
  const [base = []] = rates;
  for (const [i, { name }] of contenders.entries()) {
    const own = rates[i] ?? [];
    const ratio = median(own.map((value, round) => value / (base[round] ?? Number.NaN)));
    console.log(
      `  cache ${name.padEnd(8)} ${median(own).toFixed(0).padStart(6)} images/s   ${ratio.toFixed(2)} of none`,
    );
  }
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await compare(folder, options.quick ? quick : full);
  });
}

// A collection beside faiss, hnswlib and usearch, on the same vectors, in turns: `npm run benchmark -- --peers` measures, adds to
// docs/benchmark/results.json and writes docs/benchmark.md of it. Peers are those of the Python that SNAPSHELF_PYTHON names
// (pip install faiss-cpu hnswlib usearch numpy). The quick form measures one small size and writes nothing. Options:
//   --sizes 1000,100000    numbers of vectors (default: 1000,10000,100000, some 25 minutes; 1000000 takes as long alone)
//   --features FILE        vectors around features of photographs, a .npy file of `snapshelf embed`, in place of clustered ones
//   --part build,exact     only these parts; the others keep their figures
//   --folder FOLDER        keeps vectors and collections there for parts that are measured later
//   --model FILE --pictures FOLDER --count 20000    of the part pictures, which runs only where a model is named
//   --render               measures nothing and writes the page of the figures that are there

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench } from './peers/bench.ts';
import { measurePart } from './peers/measure-part.ts';
import { options } from './peers/options.ts';
import { writePage } from './peers/page.ts';
import { keepPart, readResults } from './peers/result-file.ts';
import { type Machine, type PartName, partNames, type SetResult } from './peers/results.ts';
import { sizeOfFeatures, writeAround, writeClustered } from './peers/vectors.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const resultsFile = join(docs, 'benchmark', 'results.json');
const dimension = 1280;
/** A million vectors of 512 numbers are two gigabytes. */
const dimensionOfMillion = 512;
const manyRows = 500_000;
/** Vectors about one centre, where they are not around features. */
const perCluster = 100;
const usualSizes = '1000,10000,100000';

interface Wanted {
  readonly set: Pick<SetResult, 'vectors' | 'rows' | 'dimension'>;
  readonly queries: number;
  readonly clusters: number;
  readonly features?: string | undefined;
  readonly parts: readonly PartName[];
  readonly amounts: Pick<Bench, 'seconds' | 'rounds' | 'pictures'>;
}

/** Measures the parts of a set of vectors, and hands each over when it is done. */
async function measureSet(
  { set: { rows, vectors, dimension }, ...wanted }: Wanted,
  folder: string,
  keep: (name: PartName, measured: { readonly part: unknown; readonly machine: Machine }) => Promise<void>,
): Promise<void> {
  const { queries, clusters } = wanted;
  const set = { rows, dimension, queries, clusters, path: join(folder, 'vectors.f32') };
  const say = (line: string): void => console.log(`  ${rows} x ${dimension}, ${vectors}: ${line}`);
  await mkdir(folder, { recursive: true });
  if (!existsSync(set.path)) {
    say('drawing vectors');
    await (wanted.features === undefined ? writeClustered(set) : writeAround(set, wanted.features));
  }
  for (const name of wanted.parts) {
    const start = performance.now();
    const versions: Record<string, string> = {};
    const bench: Bench = { ...wanted.amounts, set, folder, data: join(folder, 'data'), say, versions };
    const part = await measurePart(name, bench);
    say(`${name} took ${((performance.now() - start) / 1000).toFixed(1)} s`);
    await keep(name, { part, machine: { ...machine(), versions } });
  }
}

const machine = () => ({
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
});

/** Reads the options. @throws Error for a part that there is not. */
async function readWanted(): Promise<{ wanted: Wanted[]; folder: string | undefined; render: boolean }> {
  const { values } = parseArgs({ options, strict: false }) as { values: Record<string, string | undefined> };
  const { features, model, pictures, part, folder } = values;
  const parts = part?.split(',') ?? partNames.filter((name) => name !== 'pictures' || model !== undefined);
  for (const name of parts)
    if (!(partNames as string[]).includes(name))
      throw new Error(`There is no part ${name}; there are ${partNames.join(', ')}.`);
  const sizes = (values['sizes'] ?? (features === undefined ? usualSizes : '100000')).split(',').map(Number);
  const known = features === undefined ? undefined : await sizeOfFeatures(features);
  const wanted = sizes.map((rows): Wanted => {
    const isMany = rows >= manyRows;
    return {
      set: {
        rows,
        vectors: features === undefined ? 'clustered' : 'photographs',
        dimension: known?.columns ?? (isMany ? dimensionOfMillion : dimension),
      },
      queries: isMany ? 50 : 100,
      clusters: known?.rows ?? Math.ceil(rows / perCluster),
      features,
      parts: parts as PartName[],
      amounts: {
        seconds: 20,
        rounds: isMany ? 2 : 3,
        pictures: { model, folder: pictures, count: Number(values['count'] ?? 20_000) },
      },
    };
  });
  return { wanted, folder, render: values['render'] !== undefined };
}

/** Works in a folder that is kept, or in one that is gone afterwards. */
const inFolder = (folder: string | undefined, work: (folder: string) => Promise<void>): Promise<void> =>
  folder === undefined ? inTemporaryFolder(work) : work(resolve(folder));

async function measureQuickly(): Promise<void> {
  const slow: readonly PartName[] = ['import', 'pictures'];
  const names = partNames.filter((name) => !slow.includes(name));
  await inTemporaryFolder((folder) =>
    measureSet(
      {
        set: { vectors: 'clustered', rows: 1000, dimension: 64 },
        queries: 5,
        clusters: 10,
        parts: names,
        amounts: { seconds: 0.2, rounds: 1, pictures: { model: undefined, folder: undefined, count: 0 } },
      },
      folder,
      async (name, measured) => {
        await keepPart(
          join(folder, 'results.json'),
          { vectors: 'clustered', rows: 1000, dimension: 64 },
          name,
          measured,
        );
        await writePage(await readResults(join(folder, 'results.json')), folder);
      },
    ),
  );
}

export async function run({ quick }: { readonly quick: boolean }): Promise<void> {
  if (quick) return measureQuickly();
  const { wanted, folder, render } = await readWanted();
  for (const one of render ? [] : wanted) {
    const { vectors, rows, dimension } = one.set;
    await inFolder(folder, (root) =>
      measureSet(one, join(root, `${vectors}-${rows}-${dimension}`), (name, measured) =>
        keepPart(resultsFile, one.set, name, measured),
      ),
    );
  }
  await writePage(await readResults(resultsFile), docs);
}

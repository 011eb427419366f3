// A collection beside faiss, hnswlib and usearch, on the same vectors, in turns: `npm run benchmark -- --peers` measures and
// writes docs/benchmark.md. Peers are those of the Python that SNAPSHELF_PYTHON names (pip install faiss-cpu hnswlib usearch);
// --sizes 1000,100000 measures those sizes only and keeps the other figures; --features FILE adds vectors around features of
// photographs, a file of raw float32[n, 1280]. The quick form measures one small size without the page.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Durations, measure } from './peers/measure.ts';
import { writePage } from './peers/page.ts';
import { resultsSchema, type SizeResult } from './peers/results.ts';
import { type VectorSet, writeAround, writeClustered } from './peers/vectors.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const resultsFile = join(docs, 'benchmark', 'results.json');
const dimension = 1280;
/** A million vectors of 512 numbers are two gigabytes. */
const dimensionOfMillion = 512;
const allSizes = [1000, 10_000, 100_000, 1_000_000];

interface Wanted extends Omit<VectorSet, 'path'> {
  readonly name: string;
  readonly features?: string | undefined;
}

function wantedSets(sizes: readonly number[], features: string | undefined): Wanted[] {
  const clustered = sizes.map((rows) => ({
    name: 'clustered',
    rows,
    queries: rows > 100_000 ? 200 : 100,
    dimension: rows >= 1_000_000 ? dimensionOfMillion : dimension,
  }));
  const around =
    features === undefined ? [] : [{ name: 'photographs', rows: 100_000, queries: 100, dimension, features }];
  return [...clustered, ...around];
}

async function measureSet({ name, features, ...wanted }: Wanted, durations: Durations): Promise<SizeResult> {
  let result: SizeResult | undefined;
  await inTemporaryFolder(async (folder) => {
    const set: VectorSet = { ...wanted, path: join(folder, 'vectors.f32') };
    const say = (line: string): void => console.log(`  ${set.rows} x ${set.dimension}, ${name}: ${line}`);
    say('drawing vectors');
    await (features === undefined ? writeClustered(set) : writeAround(set, features));
    result = await measure(name, set, folder, durations, say);
  });
  if (result === undefined) throw new Error('nothing was measured');
  return result;
}

async function keep(result: SizeResult): Promise<void> {
  const known = await readFile(resultsFile, 'utf8').then(
    (text) => resultsSchema.parse(JSON.parse(text)).sizes,
    () => [],
  );
  const isSame = (other: SizeResult): boolean =>
    other.rows === result.rows && other.vectors === result.vectors;
  const sizes = [...known.filter((other) => !isSame(other)), result].sort((a, b) => a.rows - b.rows);
  await mkdir(join(docs, 'benchmark'), { recursive: true });
  await writeFile(resultsFile, `${JSON.stringify({ sizes })}\n`);
  await writePage(sizes, docs);
}

export async function run({ quick }: { readonly quick: boolean }): Promise<void> {
  const { values } = parseArgs({
    options: { sizes: { type: 'string' }, features: { type: 'string' } },
    strict: false,
  });
  if (quick) {
    const result = await measureSet(
      { name: 'clustered', rows: 2000, queries: 5, dimension: 64 },
      { throughputSeconds: 0.1, besideSeconds: 0.2 },
    );
    console.log(`  exact ${result.engines[0]?.exact?.p50.toFixed(2)} ms`);
    return;
  }
  const sizes = typeof values.sizes === 'string' ? values.sizes.split(',').map(Number) : allSizes;
  const features = typeof values.features === 'string' ? values.features : undefined;
  for (const wanted of wantedSets(sizes, features))
    await keep(await measureSet(wanted, { throughputSeconds: 4, besideSeconds: 10 }));
}

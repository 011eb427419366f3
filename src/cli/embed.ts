import { writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { type Dataset, readSource, type Sample } from '../datasets/index.ts';
import { Embedder } from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import { VectorFileWriter } from '../eval/index.ts';
import { readPictureFile } from '../image/index.ts';
import { pipeline } from '../threads/index.ts';
import { integer, providerOption, threadsOption, verboseOption } from './options.ts';
import { type Progress, showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly model: string;
  readonly out: string;
  readonly provider: 'auto' | 'cpu' | 'cuda';
  readonly threads?: number;
  readonly batch: number;
  readonly skipBad?: boolean;
  readonly verbose?: boolean;
}

interface Picture {
  readonly sample: Sample;
  readonly name: string;
}

const byName = (a: Picture, b: Picture): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** The pictures in the order of their paths relative to the source: the order of the rows. */
function picturesOf(dataset: Dataset): Picture[] {
  const base = /\.(csv|jsonl)$/i.test(dataset.source) ? dirname(dataset.source) : dataset.source;
  return dataset.samples.map((sample) => ({ sample, name: relative(base, sample.path) })).sort(byName);
}

interface Outcome {
  readonly picture: Picture;
  readonly result: PromiseSettledResult<Float32Array>;
}

async function embedPicture(embedder: Embedder, picture: Picture, signal: AbortSignal): Promise<Outcome> {
  const embed = async (): Promise<Float32Array> =>
    (await embedder.embed(await readPictureFile(picture.sample.path), { signal })).vector;
  const [result] = await Promise.allSettled([embed()]);
  return { picture, result };
}

async function write(
  file: VectorFileWriter,
  embedder: Embedder,
  pictures: readonly Picture[],
  options: Options,
  progress: Progress,
) {
  const names: string[] = [];
  const bad: string[] = [];
  await interruptible(async (signal) => {
    // Enough of them under way to keep the batches full.
    const outcomes = pipeline(pictures, 4 * options.batch, (one) => embedPicture(embedder, one, signal));
    for await (const { picture, result } of outcomes) {
      signal.throwIfAborted();
      if (result.status === 'rejected') bad.push(`  ${picture.name}: ${(result.reason as Error).message}`);
      else {
        names.push(picture.name);
        await file.append(result.value);
      }
      progress.update(names.length + bad.length);
    }
  });
  return { names, bad };
}

async function run(source: string, options: Options): Promise<void> {
  const pictures = picturesOf(await readSource(source));
  const { provider, threads, batch } = options;
  const file = await VectorFileWriter.create(options.out);
  const progress = showProgress('embedding', pictures.length);
  try {
    await using embedder = await Embedder.open(options.model, {
      provider,
      threads,
      maxBatch: batch,
      maxQueue: 8 * batch,
      log: cliLogger(options.verbose),
    });
    const { names, bad } = await write(file, embedder, pictures, options, progress);
    if (bad.length > 0 && (!options.skipBad || names.length === 0))
      throw new SnapshelfError(
        'source-invalid',
        `${bad.length} pictures cannot be embedded (--skip-bad leaves them out):\n${bad.slice(0, 10).join('\n')}`,
      );
    const paths = options.out.replace(/\.[^.]+$/, '.paths.txt');
    await writeFile(paths, names.map((name) => `${name}\n`).join(''));
    await file.finish();
    progress.stop();
    console.log(
      `wrote ${options.out}: float32[${names.length},${embedder.info.dimension}], rows named in ${paths}`,
    );
    if (bad.length > 0) console.log(`left out ${bad.length} pictures:\n${bad.join('\n')}`);
  } catch (error) {
    progress.stop();
    await file.discard();
    throw error;
  }
}

/** `snapshelf embed`: the vectors of pictures, to a file. */
export const embedCommand = (): Command =>
  new Command('embed')
    .description(
      'Write the raw embeddings of the pictures of a folder or manifest to a .npy or .safetensors file.',
    )
    .argument('<source>', 'folder, manifest.csv or manifest.jsonl')
    .requiredOption('--model <file.onnx>', 'model to embed with')
    .requiredOption('--out <file>', 'file to write: .npy, or .safetensors with one tensor named embeddings')
    .addOption(providerOption())
    .addOption(threadsOption())
    .option('--batch <n>', 'images a batch', integer(1, 1024), 8)
    .option('--skip-bad', 'leave out pictures that cannot be read instead of failing')
    .addOption(verboseOption())
    .addHelpText(
      'after',
      '\nRow i belongs to line i of FILE.paths.txt (paths relative to the source, sorted).\n\nExample:\n  $ snapshelf embed photos/ --model models/resnet50.onnx --out features.npy',
    )
    .action(run);

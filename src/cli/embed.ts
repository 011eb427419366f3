import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { type Dataset, readSource, type Sample } from '../datasets/index.ts';
import { Embedder } from '../embed/index.ts';
import { badPictures, embedEach, VectorFileWriter } from '../eval/index.ts';
import { writeAtomically } from '../files/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { integer, providerOption, type SessionOptions, threadsOption, verboseOption } from './options.ts';
import { type Progress, showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';
import { strictOption, tellRemarks } from './tell-remarks.ts';

interface Options extends SessionOptions {
  readonly model: string;
  readonly out: string;
  readonly batch: number;
  readonly skipBad?: boolean;
  readonly strict?: boolean;
}

/** A sample with its path relative to the source. */
interface Picture extends Sample {
  readonly name: string;
}

/** The pictures of the rows of a file, and those left out. */
interface Written {
  readonly rows: readonly Picture[];
  readonly bad: readonly { readonly name: string; readonly reason: string }[];
}

const byName = (a: Picture, b: Picture): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Lists the pictures in the order of their paths relative to the source, which is the order of the rows. */
function picturesOf(dataset: Dataset): Picture[] {
  const base = /\.(csv|jsonl)$/i.test(dataset.source) ? dirname(dataset.source) : dataset.source;
  return dataset.samples.map((sample) => ({ ...sample, name: relative(base, sample.path) })).sort(byName);
}

/** Embeds the pictures and writes a row for each. */
async function writeRows(
  file: VectorFileWriter,
  embedder: Embedder,
  pictures: readonly Picture[],
  concurrency: number,
  progress: Progress,
): Promise<Written> {
  const rows: Picture[] = [];
  const bad: { name: string; reason: string }[] = [];
  await interruptible(async (signal) => {
    for await (const outcome of embedEach(embedder, pictures, { concurrency, signal })) {
      const picture = outcome.sample as Picture;
      if ('error' in outcome) bad.push({ name: picture.name, reason: outcome.error.message });
      else {
        rows.push(picture);
        await file.append(outcome.vector);
      }
      progress.update(rows.length + bad.length);
    }
  });
  return { rows, bad };
}

const isProjectorFile = (out: string): boolean => /\.tsv$/i.test(out);

const withEnding = (out: string, ending: string): string => out.replace(/\.[^.]+$/, ending);

/** The file that names the rows; of a `.tsv`, the one that the Embedding Projector takes beside it. */
const namesFileOf = (out: string): string =>
  withEnding(out, isProjectorFile(out) ? '.metadata.tsv' : '.paths.txt');

/** The file with the label of each row; none beside a `.tsv`, whose names have the labels. */
const labelsFileOf = (out: string): string | undefined =>
  isProjectorFile(out) ? undefined : withEnding(out, '.labels.txt');

const writeLines = (path: string, lines: readonly string[]): Promise<void> =>
  writeAtomically(path, lines.map((line) => `${line}\n`).join(''));

/** Writes the path and the label of each row, a line each: readers of sources let no control character into either. */
async function writeBeside(out: string, rows: readonly Picture[]): Promise<void> {
  const labelsFile = labelsFileOf(out);
  const projector = ['path\tlabel', ...rows.map(({ name, label }) => `${name}\t${label}`)];
  const names = rows.map(({ name }) => name);
  await writeLines(namesFileOf(out), labelsFile === undefined ? projector : names);
  if (labelsFile === undefined) return;
  await writeLines(
    labelsFile,
    rows.map(({ label }) => label),
  );
}

async function run(source: string, options: Options): Promise<void> {
  const { model, out, provider, threads, batch, skipBad, verbose } = options;
  const namesFile = namesFileOf(out);
  const labelsFile = labelsFileOf(out);
  await checkOutput(out, namesFile, ...(labelsFile === undefined ? [] : [labelsFile]));
  const dataset = await readSource(source);
  tellRemarks(dataset, options.strict);
  const pictures = picturesOf(dataset);
  const file = await VectorFileWriter.create(out);
  const progress = showProgress('embedding', pictures.length);
  try {
    await using embedder = await Embedder.open(model, {
      provider,
      threads,
      maxBatch: batch,
      maxQueue: 8 * batch,
      log: cliLogger(verbose),
    });
    // Enough pictures in flight to keep the batches full.
    const { rows, bad } = await writeRows(file, embedder, pictures, 4 * batch, progress);
    if (bad.length > 0 && (!skipBad || rows.length === 0)) throw badPictures(bad);
    await writeBeside(out, rows);
    await file.finish();
    progress.stop();
    console.log(
      `wrote ${out}: float32[${rows.length},${embedder.info.dimension}], rows named in ${namesFile}${labelsFile === undefined ? '' : `, labels in ${labelsFile}`}`,
    );
    const lines = bad.map(({ name, reason }) => `  ${name}: ${reason}`);
    if (bad.length > 0) console.log(`left out ${counted(bad.length, 'picture')}:\n${lines.join('\n')}`);
  } catch (error) {
    progress.stop();
    await file.discard();
    throw error;
  }
}

/** Makes the command `snapshelf embed`: the vectors of pictures, to a file. */
export const embedCommand = (): Command =>
  new Command('embed')
    .description(
      'Write the raw embeddings of the pictures of a folder or manifest to a .npy, .safetensors or .tsv file.',
    )
    .argument('<source>', 'folder, manifest.csv or manifest.jsonl')
    .requiredOption('--model <file or name>', 'model to embed with')

    .requiredOption(
      '--out <file>',
      'file to write: .npy, .safetensors with one tensor named embeddings, or .tsv for the Embedding Projector',
    )
    .addOption(providerOption())
    .addOption(threadsOption())
    .option('--batch <n>', 'images per batch', integer(1, 1024), 8)
    .option('--skip-bad', 'leave out pictures that cannot be read instead of failing')
    .addOption(strictOption())
    .addOption(verboseOption())
    .addHelpText(
      'after',
      '\nRow i belongs to line i of FILE.paths.txt (paths relative to the source, sorted), its label is line i of FILE.labels.txt. Of a .tsv, FILE.metadata.tsv has paths and labels\nwith a line of titles: load both at projector.tensorflow.org.\n\nExamples:\n  $ snapshelf embed photos/ --model models/resnet50.onnx --out features.npy\n  $ snapshelf embed photos/ --model models/resnet50.onnx --out vectors.tsv',
    )
    .action(run);

import { Command, Option } from 'commander';
import { readSource } from '../datasets/index.ts';
import type { ImportReport } from '../retrieval/index.ts';
import { openRetriever } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  dataOption,
  integer,
  providerOption,
  type SessionOptions,
  threadsOption,
  verboseOption,
} from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options extends CollectionOptions, SessionOptions {
  readonly model?: string;
  readonly metric?: 'cosine' | 'l2';
  readonly storeImages: boolean;
  readonly batch: number;
  readonly strict?: boolean;
}

function printReport(report: ImportReport, collection: string): void {
  const { added, unchanged, failed } = report;
  console.log(`${collection}: ${added} added or updated, ${unchanged} unchanged, ${failed.length} failed`);
  for (const { path, error } of failed) console.log(`  ${path}: ${error.message} [${error.code}]`);
}

async function run(source: string, options: Options): Promise<void> {
  const dataset = await readSource(source);
  await using retriever = await openRetriever(options.data, {
    model: options.model,
    embed: { provider: options.provider, threads: options.threads, maxBatch: options.batch },
    log: cliLogger(options.verbose),
  });
  const { metric } = options;
  const storeImages = options.storeImages ? undefined : false;
  await retriever.createCollection(options.collection, { metric, storeImages, model: options.model });
  const progress = showProgress('indexing', dataset.samples.length);
  const report = await interruptible((signal) =>
    retriever.importSamples(
      options.collection,
      dataset.samples.map((sample) => ({ ...sample, productId: sample.productId ?? sample.label })),
      { signal, onProgress: ({ done }) => progress.update(done) },
    ),
  ).finally(() => progress.stop());
  printReport(report, options.collection);
  if (report.failed.length > 0 && (options.strict || report.added + report.unchanged === 0))
    process.exitCode = 1;
}

/** Creates `snapshelf index`: it adds the pictures of a folder or manifest to a collection. */
export const indexCommand = (): Command =>
  new Command('index')
    .description(
      'Index the pictures of a folder (to any depth) or of a .csv or .jsonl manifest. Run it again to continue: pictures that are in the collection are skipped.',
    )
    .argument('<source>', 'folder, manifest.csv or manifest.jsonl')
    .addOption(dataOption())
    .addOption(collectionOption())
    .option('--model <file.onnx>', 'model to embed with (default: the one that the collection has)')
    .addOption(
      new Option('--metric <name>', 'distance of a new collection (default: cosine)').choices([
        'cosine',
        'l2',
      ]),
    )
    .option(
      '--no-store-images',
      'do not keep the original pictures: saves space, but then re-indexing with another model needs the files again, and GET .../image answers 404',
    )
    .addOption(providerOption())
    .addOption(threadsOption())
    .option('--batch <n>', 'images per batch', integer(1, 1024), 8)
    .option('--strict', 'exit with 1 if any picture failed (default: only if all did)')
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
In a folder, a picture's label and product id are the path of its folder relative to the source.
A manifest has the columns path and label, and may have id, productId, split and metadata (JSON).

Examples:
  $ snapshelf index photos/ --data data --collection shop --model models/resnet50.onnx
  $ snapshelf index catalogue.jsonl --data data --collection shop --model models/resnet50.onnx --metric l2`,
    )
    .action(run);

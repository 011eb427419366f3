import { Command } from 'commander';
import { type CollectionInfo, checkName } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { findCollection, type Retriever, type VectorReport } from '../retrieval/index.ts';
import { NpyFile } from '../tensor/index.ts';
import { listed } from '../text.ts';
import type { Metric, MetricOptions } from '../vectors/index.ts';
import { metricOption, metricOptionsOption } from './metric-option.ts';
import { openRetriever } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  galleryThreads,
  keepGpsOption,
  verboseOption,
  withPlace,
} from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

/** The values of the command's options. */
interface Options extends CollectionOptions {
  readonly items: string;
  readonly pictures?: string;
  readonly keepGps?: boolean;
  readonly model?: string;
  readonly vectorsOf?: string;
  readonly metric?: Metric;
  readonly metricOptions?: MetricOptions;
  readonly strict?: boolean;
  readonly verbose?: boolean;
}

/** Failed rows that are printed one by one. */
const mostPrinted = 20;

function printReport(report: VectorReport, collection: string): void {
  const { added, replaced, unchanged, failed, failures, widened, notes } = report;
  console.log(
    `${collection}: ${added} added, ${replaced.count} replaced, ${unchanged} unchanged, ${failures} failed`,
  );
  if (replaced.count > 0) console.log(`replaced: ${listed(replaced.first, replaced.count)}`);
  for (const { field, from } of widened)
    console.log(`metadata.${field} is text from now on: its values were of the type ${from} until now`);
  for (const note of notes) console.log(note);
  for (const { row, id, error } of failed.slice(0, mostPrinted))
    console.log(`  row ${row}${id === null ? '' : ` (${id})`}: ${error.message} [${error.code}]`);
  if (failures > mostPrinted) console.log(`  and ${failures - mostPrinted} more`);
}

/** Creates the collection, or checks that it has the model that made the vectors. */
async function collectionOf(
  retriever: Retriever,
  options: Options,
  dimension: number,
): Promise<CollectionInfo> {
  const { collection, metric, metricOptions, model, vectorsOf } = options;
  const isNew = (await findCollection(retriever.gallery, collection)) === undefined;
  if (isNew && model === undefined && vectorsOf === undefined)
    throw new SnapshelfError(
      'model-not-found',
      `The collection ${collection} is new. Name the model that made the vectors with --model, or with --vectors-of if its file is not here.`,
    );
  const named = vectorsOf === undefined ? { model } : { vectorsOf: { name: vectorsOf, dimension } };
  const info = await retriever.createCollection(collection, { metric, metricOptions, ...named });
  console.log(`model: ${info.modelName} (${info.modelId.slice(0, 12)})`);
  return info;
}

async function run(vectors: string, options: Options): Promise<void> {
  const { data, engine, pictureStore, collection, items, pictures, model, vectorsOf, strict } = options;
  checkName(collection);
  if (model !== undefined && vectorsOf !== undefined)
    throw new SnapshelfError('request-invalid', 'Give --model or --vectors-of, not both.');
  // Before the data folder is made, which a mistake in a file's name should not do.
  await using file = await NpyFile.open(vectors);
  await using retriever = await openRetriever(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    model,
    keepGps: options.keepGps,
    log: cliLogger(options.verbose),
  });
  const { modelId } = await collectionOf(retriever, options, file.columns);
  const progress = showProgress('importing', file.rows, 'vectors');
  let stored = 0;
  const onProgress = ({ done }: { readonly done: number }): void => {
    stored = done;
    progress.update(done);
  };
  const report = await interruptible(
    (signal) =>
      retriever.importVectors(
        collection,
        modelId,
        { vectors, items, pictures },
        { strict, signal, onProgress },
      ),
    () => `${stored} of ${file.rows} vectors are done and kept. Run the command again to go on.`,
  ).finally(() => progress.stop());
  printReport(report, collection);
  const isNothing = report.failures === file.rows && file.rows > 0;
  if (isNothing || (strict === true && (report.failures > 0 || report.notes.length > 0)))
    process.exitCode = 1;
}

/** Creates `snapshelf import-vectors`: it adds items by vectors that a model has made elsewhere. */
export const importVectorsCommand = (): Command =>
  withPlace(new Command('import-vectors'))
    .description(
      'Add items to a collection by vectors that are there already, with the pictures of a folder if one is named. Run it again to continue: what is there just so is passed over.',
    )
    .argument('<vectors>', '.npy file of float32 or float16 [N, D] in C order')
    .requiredOption('--items <file>', 'JSON Lines file: line i is the item of row i')
    .option('--pictures <folder>', 'folder of the pictures that the lines name (default: they are left out)')
    .addOption(keepGpsOption())
    .addOption(collectionOption())
    .option(
      '--model <file or name>',
      'model that made the vectors, which pictures are searched by (default: that of the collection, if there is one)',
    )
    .option('--vectors-of <name>', 'name of the model that made the vectors, if its file is not here')
    .addOption(metricOption('distance of a new collection (default: cosine)'))
    .addOption(metricOptionsOption())
    .option(
      '--strict',
      'exit with 1 if anything failed or was read otherwise than written; refuse metadata of another type than before',
    )
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
Each line is {"id": "mug-1", "productId": "mug", "label": "mugs", "split": "gallery", "metadata": {"price": 9.5}, "image": "mug-1.jpg"};
all but the id may be left out, and the image is a file of --pictures. An item of the same id is replaced whole, with its picture if it has one. Nothing is stored unless the files
belong together: as many lines as rows, each id once, and vectors as long as those of the collection.

Examples:
  $ snapshelf import-vectors features.npy --items items.jsonl --data data --collection shop --model resnet50.onnx
  $ snapshelf import-vectors shop.npy --items shop.items.jsonl --pictures shop-pictures --data data --collection shop --model resnet50.onnx
  $ snapshelf import-vectors clip.npy --items items.jsonl --data data --collection clip --vectors-of openai/clip-vit-base-patch32`,
    )
    .action(run);

import { Command } from 'commander';
import type { Engine } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import { storedModelPath } from '../model/index.ts';
import { carryModel, type MigrationReport, migrateCollection } from '../retrieval/index.ts';
import { counted, listed } from '../text.ts';
import { openNoted } from './noted-engine.ts';
import { collectionOption, pictureStoreOption, verboseOption } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly fromPictureStore?: string;
  readonly pictureStore?: string;
  readonly collection: string;
  readonly verbose?: boolean;
}

interface OpenOptions {
  readonly readOnly?: boolean;
  readonly verbose?: boolean;
  readonly pictureStore?: string | undefined;
}

/** The data folder of a place, undefined for the URL of an engine. */
const folderOf = (place: string): string | undefined => (/^[a-z]+:\/\//.test(place) ? undefined : place);

/** Opens a data folder, or the engine of a URL. */
function open(place: string, { readOnly = false, verbose, pictureStore }: OpenOptions): Promise<Engine> {
  const common = { readOnly, pictureStore, log: cliLogger(verbose) };
  const folder = folderOf(place);
  return folder === undefined
    ? openNoted('.', { ...common, engine: place })
    : openEngine(folder, { ...common, createIfMissing: !readOnly });
}

/** The share of answers to searches below which two engines do not merely search by another index. */
const leastSame = 0.8;

/** Prints what was done. A verification that found something makes the command exit with 1. */
function printReport({ items, written, replaced, unchanged, compared, sameAnswers }: MigrationReport): void {
  console.log(`${counted(items, 'item')} in both: ${written} written, ${unchanged} were there already`);
  if (replaced.count > 0)
    console.log(`replaced, because they differed: ${listed(replaced.first, replaced.count)}`);
  console.log(
    `compared ${counted(compared, 'item')} whole, with their pictures, and searched by each: ${(100 * sameAnswers).toFixed(1)} % of the answers are the same`,
  );
  if (sameAnswers >= leastSame) return;
  console.error(
    'the searches differ by more than an approximate index does: wait until the index of both is ready, and run the same command again',
  );
  process.exitCode = 1;
}

async function run({ from, to, collection, verbose = false, ...stores }: Options): Promise<void> {
  const { fromPictureStore, pictureStore } = stores;
  await using source = await open(from, { readOnly: true, verbose, pictureStore: fromPictureStore });
  // Before the target is made, which a mistake in a name should not do.
  const { items, modelId, modelName } = await source.info(collection);
  await using target = await open(to, { verbose, pictureStore });
  // Before the collection is seen there: a server that cannot get the model of one is not ready.
  const isModelThere = await carryModel(
    { engine: source, folder: folderOf(from) },
    { engine: target, folder: folderOf(to) },
    modelId,
  );
  const progress = showProgress('migrating', items, 'items');
  const report = await interruptible(
    (signal) =>
      migrateCollection(source, target, collection, {
        signal,
        onProgress: ({ done }) => progress.update(done),
      }),
    () => 'what is done is kept. Run the command again to go on.',
  ).finally(() => progress.stop());
  printReport(report);
  if (!isModelThere)
    console.log(
      `the model ${modelName} did not go along: who searches by pictures there needs its file in the data folder of each server, ${storedModelPath('DATA', modelId)}`,
    );
}

/** Creates `snapshelf migrate`: it copies a collection from one engine into another. */
export const migrateCommand = (): Command =>
  new Command('migrate')
    .description(
      'Copy a collection with its vectors and pictures from one engine into another, a data folder or the URL of an engine on either side, and verify the copy.',
    )
    .requiredOption('--from <place>', 'data folder, or URL of an engine, that has it')
    .requiredOption('--to <place>', 'data folder, or URL of an engine, that gets it')
    .option(
      '--from-picture-store <place>',
      'picture store of --from, such as s3://bucket/prefix (default: its engine)',
    )
    .addOption(pictureStoreOption())
    .addOption(collectionOption())
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
Interrupted, it goes on when it is run again: what is there just so stays as it is. Let nobody write meanwhile. The model goes
along, into the data folder or Postgres; Weaviate keeps none. Keys go by snapshelf keys copy.

Examples:
  $ snapshelf migrate --from data --to "weaviate://10.0.0.1:8080,10.0.0.2:8080" --collection shop
  $ snapshelf migrate --from data --to postgres://shop@db.internal/shop --picture-store s3://shop-pictures --collection shop
  $ snapshelf migrate --from postgres://shop@db.internal/shop --from-picture-store s3://shop-pictures --to data --picture-store engine --collection shop`,
    )
    .action(run);

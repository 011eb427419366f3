import { Command } from 'commander';
import type { Engine } from '../engine/index.ts';
import { openEngine } from '../engines/index.ts';
import { migrateCollection } from '../retrieval/index.ts';
import { counted } from '../text.ts';
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

/** Opens a data folder, or the engine of a URL. */
function open(
  place: string,
  options: {
    readonly readOnly?: boolean;
    readonly verbose?: boolean;
    readonly pictureStore?: string | undefined;
  },
): Promise<Engine> {
  const { readOnly = false, verbose, pictureStore } = options;
  const common = { readOnly, pictureStore, log: cliLogger(verbose) };
  return /^[a-z]+:\/\//.test(place)
    ? openEngine('.', { ...common, engine: place })
    : openEngine(place, { ...common, createIfMissing: !readOnly });
}

async function run({ from, to, collection, verbose = false, ...stores }: Options): Promise<void> {
  const { fromPictureStore, pictureStore } = stores;
  await using source = await open(from, { readOnly: true, verbose, pictureStore: fromPictureStore });
  await using target = await open(to, { verbose, pictureStore });
  const { items } = await source.info(collection);
  const progress = showProgress('migrating', items);
  const report = await interruptible((signal) =>
    migrateCollection(source, target, collection, {
      signal,
      onProgress: ({ done }) => progress.update(done),
    }),
  ).finally(() => progress.stop());
  console.log(
    `${counted(report.items, 'item')} in both: ${report.written} written, ${report.unchanged} were there already`,
  );
  console.log(
    `compared ${counted(report.compared, 'item')} whole, with their pictures, and searched by each: ${(100 * report.sameAnswers).toFixed(1)} % of the answers are the same`,
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
Interrupted, it goes on when it is run again: what is there just so stays as it is. Let nobody write meanwhile. The model
stays in the data folder that the server is started with.

Examples:
  $ snapshelf migrate --from data --to "weaviate://10.0.0.1:8080,10.0.0.2:8080" --collection shop
  $ snapshelf migrate --from data --to postgres://shop@db.internal/shop --picture-store s3://shop-pictures --collection shop
  $ snapshelf migrate --from postgres://shop@db.internal/shop --from-picture-store s3://shop-pictures --to data --picture-store engine --collection shop`,
    )
    .action(run);

import { Command } from 'commander';
import type { Filter } from '../engine/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { openRetriever } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  galleryThreads,
  json,
  verboseOption,
  withPlace,
} from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

/** The values of the command's options. */
interface Options extends CollectionOptions {
  readonly out: string;
  readonly items?: string;
  readonly pictures?: string;
  readonly filter?: Filter;
  readonly verbose?: boolean;
}

async function run({
  data,
  engine,
  pictureStore,
  collection,
  out,
  filter,
  verbose,
  ...options
}: Options): Promise<void> {
  const { pictures, items = out.replace(/(\.npy)?$/i, '.items.jsonl') } = options;
  await checkOutput(out, items);
  await using retriever = await openRetriever(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    log: cliLogger(verbose),
  });
  const info = await retriever.gallery.info(collection);
  const progress = showProgress('exporting', info.items, 'vectors');
  const onProgress = ({ done }: { readonly done: number }): void => progress.update(done);
  const files = { vectors: out, items, pictures };
  const written = await interruptible((signal) =>
    retriever.exportVectors(collection, files, { filter, signal, onProgress }),
  ).finally(() => progress.stop());
  console.log(
    `wrote ${counted(written.items, 'vector')} of ${info.dimension} numbers to ${out}, and the items to ${items}`,
  );
  console.log(`model: ${info.modelName} (${info.modelId})`);
  if (pictures !== undefined) console.log(`wrote ${counted(written.pictures, 'picture')} to ${pictures}`);
  if (written.picturesLeft > 0)
    console.log(
      `left out ${counted(written.picturesLeft, 'picture')}${pictures === undefined ? ': --pictures FOLDER writes them' : ' that cannot be read'}`,
    );
  if (written.damaged === 0) return;
  console.error(`left out ${counted(written.damaged, 'damaged item')}: snapshelf check --data ${data}`);
  process.exitCode = 1;
}

/** Creates `snapshelf export-vectors`: it writes the vectors and items of a collection to files of other programs. */
export const exportVectorsCommand = (): Command =>
  withPlace(new Command('export-vectors'))
    .description(
      'Write the raw vectors and the items of a collection to a .npy and a JSON Lines file, and its pictures into a folder if one is named, as import-vectors and other programs read them.',
    )
    .addOption(collectionOption())
    .requiredOption('--out <file>', '.npy file to write, float32 [N, D]')
    .option('--items <file>', 'JSON Lines file to write (default: beside --out, ending in .items.jsonl)')
    .option('--pictures <folder>', 'folder to write the pictures to (default: they are left out)')
    .option('--filter <json>', 'only the items that pass this filter', json)
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
Row i belongs to line i, by rising id. A line names its picture in the folder as "image". Calibrations, thumbnails and the search index
are left out: they are made anew.

Examples:
  $ snapshelf export-vectors --data data --collection shop --out shop.npy
  $ snapshelf export-vectors --data data --collection shop --out shop.npy --pictures shop-pictures`,
    )
    .action(run);

import type { Command } from 'commander';
import type { Filter } from '../engine/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { openRetriever } from './open-folder.ts';
import { type CollectionOptions, collectionCommand, galleryThreads, json, verboseOption } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

/** The values of the command's options. */
interface Options extends CollectionOptions {
  readonly out: string;
  readonly items?: string;
  readonly filter?: Filter;
  readonly verbose?: boolean;
}

async function run({ data, engine, collection, out, filter, verbose, ...options }: Options): Promise<void> {
  const { items = out.replace(/(\.npy)?$/i, '.items.jsonl') } = options;
  await checkOutput(out, items);
  await using retriever = await openRetriever(data, {
    engine,
    ...galleryThreads(options),
    log: cliLogger(verbose),
  });
  const info = await retriever.gallery.info(collection);
  const progress = showProgress('exporting', info.items, 'vectors');
  const onProgress = ({ done }: { readonly done: number }): void => progress.update(done);
  const files = { vectors: out, items };
  const written = await interruptible((signal) =>
    retriever.exportVectors(collection, files, { filter, signal, onProgress }),
  ).finally(() => progress.stop());
  console.log(
    `wrote ${counted(written.items, 'vector')} of ${info.dimension} numbers to ${out}, and the items to ${items}`,
  );
  console.log(`model: ${info.modelName} (${info.modelId})`);
  if (written.damaged === 0) return;
  console.error(`left out ${counted(written.damaged, 'damaged item')}: snapshelf check --data ${data}`);
  process.exitCode = 1;
}

/** Creates `snapshelf export-vectors`: it writes the vectors and items of a collection to files of other programs. */
export const exportVectorsCommand = (): Command =>
  collectionCommand('export-vectors')
    .description(
      'Write the raw vectors and the items of a collection, without pictures, to a .npy and a JSON Lines file, as import-vectors and other programs read them.',
    )
    .requiredOption('--out <file>', '.npy file to write, float32 [N, D]')
    .option('--items <file>', 'JSON Lines file to write (default: beside --out, ending in .items.jsonl)')
    .option('--filter <json>', 'only the items that pass this filter', json)
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
Row i belongs to line i, by rising id.

Example:
  $ snapshelf export-vectors --data data --collection shop --out shop.npy`,
    )
    .action(run);

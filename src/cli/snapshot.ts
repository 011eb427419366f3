import { Command } from 'commander';
import { openEngine } from '../engines/index.ts';
import { checkOutput } from './check-output.ts';
import {
  type CollectionOptions,
  collectionOption,
  dataOption,
  engineOption,
  pictureStoreOption,
} from './options.ts';
import { cliLogger } from './run.ts';

interface Options extends CollectionOptions {
  readonly out: string;
}

async function run({ data, engine, collection, out }: Options): Promise<void> {
  await checkOutput(out);
  await using gallery = await openEngine(data, { engine, readOnly: true, log: cliLogger() });
  const { bytes, sha256 } = await gallery.snapshot(collection, out);
  console.log(`wrote ${out}: ${bytes} bytes, sha256 ${sha256}`);
}

/** Creates `snapshelf snapshot`: it writes a collection to one file. */
export const snapshotCommand = (): Command =>
  new Command('snapshot')
    .description(
      'Write a collection to one file, verified by hash when it is restored. Works beside a running server.',
    )
    .addOption(dataOption())
    // Taken to be refused: what is kept there cannot be written into a file.
    .addOption(engineOption())
    .addOption(pictureStoreOption())
    .addOption(collectionOption())
    .requiredOption('--out <file>', 'file to write')
    .addHelpText(
      'after',
      '\nThe model is not in the file: keep models/<sha256>.onnx of the data folder beside it. A collection behind a URL (--engine), or with its pictures in a bucket (--picture-store), is not written: snapshelf migrate copies it into a data folder.\n\nExample:\n  $ snapshelf snapshot --data data --collection shop --out shop.snapshot',
    )
    .action(run);

import { Command } from 'commander';
import { openEngine } from '../engines/index.ts';
import { checkOutput } from './check-output.ts';
import { type CollectionOptions, collectionOption, dataOption } from './options.ts';
import { cliLogger } from './run.ts';

interface Options extends CollectionOptions {
  readonly out: string;
}

async function run({ data, collection, out }: Options): Promise<void> {
  await checkOutput(out);
  await using gallery = await openEngine(data, { readOnly: true, log: cliLogger() });
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
    .addOption(collectionOption())
    .requiredOption('--out <file>', 'file to write')
    .addHelpText(
      'after',
      '\nThe model is not in the file: keep models/<sha256>.onnx of the data folder beside it.\n\nExample:\n  $ snapshelf snapshot --data data --collection shop --out shop.snapshot',
    )
    .action(run);

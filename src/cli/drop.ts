import { Command } from 'commander';
import { openGallery } from './open-folder.ts';
import { type CollectionOptions, collectionOption, dataOption } from './options.ts';
import { cliLogger } from './run.ts';

async function run({ data, collection }: CollectionOptions): Promise<void> {
  await using gallery = await openGallery(data, { createIfMissing: false, log: cliLogger() });
  await gallery.drop(collection);
  console.log(`removed ${collection}`);
}

/** Creates `snapshelf drop`: it removes a collection. */
export const dropCommand = (): Command =>
  new Command('drop')
    .description(
      'Remove a collection with its pictures and vectors, for good; also one that is damaged. Works beside a running server.',
    )
    .addOption(dataOption())
    .addOption(collectionOption())
    .addHelpText('after', '\nExample:\n  $ snapshelf drop --data data --collection shop')
    .action(run);

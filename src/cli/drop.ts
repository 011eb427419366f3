import { Command } from 'commander';
import { dropCollection } from './open-folder.ts';
import { type CollectionOptions, collectionOption, withPlace } from './options.ts';
import { cliLogger } from './run.ts';

async function run({ data, collection, ...place }: CollectionOptions): Promise<void> {
  await dropCollection(data, collection, { ...place, createIfMissing: false, log: cliLogger() });
  console.log(`removed ${collection}`);
}

/** Creates `snapshelf drop`: it removes a collection. */
export const dropCommand = (): Command =>
  withPlace(new Command('drop'))
    .description(
      'Remove a collection with all that is kept of it, for good; also one that is damaged. Works beside a running server.',
    )
    .addOption(collectionOption())
    .addHelpText('after', '\nExample:\n  $ snapshelf drop --data data --collection shop')
    .action(run);

import { Command } from 'commander';
import { Gallery } from '../gallery/index.ts';
import { askServer } from './ask-server.ts';
import { type CollectionOptions, collectionOption, dataOption } from './options.ts';
import { cliLogger } from './run.ts';
import { runningServer } from './running-server.ts';

/** Has the server that has the folder open remove the collection. */
const dropOnline = (url: string, collection: string): Promise<void> =>
  askServer(`${url}/v1/collections/${encodeURIComponent(collection)}`, { method: 'DELETE' }, () => {});

async function dropOffline(data: string, collection: string): Promise<void> {
  await using gallery = await Gallery.open(data, { createIfMissing: false, log: cliLogger() });
  await gallery.drop(collection);
}

async function run({ data, collection }: CollectionOptions): Promise<void> {
  const server = await runningServer(data);
  if (server === undefined) await dropOffline(data, collection);
  else await dropOnline(server.url, collection);
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

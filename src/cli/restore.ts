import { Command } from 'commander';
import type { RestoredCollection } from '../engine/index.ts';
import { counted } from '../text.ts';
import { openGallery } from './open-folder.ts';
import { type CollectionOptions, collectionOption, dataOption, keepGpsOption } from './options.ts';
import { showPieces } from './progress.ts';
import { cliLogger } from './run.ts';

async function run(
  file: string,
  { data, collection, keepGps }: CollectionOptions & { readonly keepGps?: boolean },
): Promise<void> {
  await using gallery = await openGallery(data, { log: cliLogger() });
  const show = showPieces('restoring', 'items');
  const info = await gallery.restore(collection, file, {
    keepGps,
    onProgress: ({ done, total }) => show(done, total),
  });
  console.log(
    `restored ${info.name}: ${counted(info.items, 'item')}, model ${info.modelName} (${info.modelId.slice(0, 12)})`,
  );
  tellPlaces(info);
}

/** Prints from how many pictures of a restored collection a place was removed, if from any. */
export function tellPlaces({ name, placesRemoved }: RestoredCollection): void {
  if (placesRemoved > 0)
    console.log(
      `${name}: the place was removed from ${counted(placesRemoved, 'picture')} (--keep-gps keeps it)`,
    );
}

/** Creates `snapshelf restore`: it makes a collection from a snapshot file. */
export const restoreCommand = (): Command =>
  new Command('restore')
    .description('Restore a snapshot as a collection that does not exist yet. Works beside a running server.')
    .argument('<file>', 'file that snapshelf snapshot wrote')
    .addOption(dataOption())
    .addOption(collectionOption())
    .addOption(keepGpsOption())
    .addHelpText('after', '\nExample:\n  $ snapshelf restore shop.snapshot --data data --collection shop')
    .action(run);

import { Command } from 'commander';
import type { RestoredCollection } from '../engine/index.ts';
import { counted } from '../text.ts';
import { openGallery } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  dataOption,
  engineOption,
  keepGpsOption,
  pictureStoreOption,
} from './options.ts';
import { showPieces } from './progress.ts';
import { cliLogger } from './run.ts';

async function run(
  file: string,
  { data, engine, pictureStore, collection, keepGps }: CollectionOptions & { readonly keepGps?: boolean },
): Promise<void> {
  await using gallery = await openGallery(data, { engine, pictureStore, log: cliLogger() });
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
    // Taken to be refused: a snapshot is made into a collection of the data folder alone.
    .addOption(engineOption())
    .addOption(pictureStoreOption())
    .addOption(collectionOption())
    .addOption(keepGpsOption())
    .addHelpText(
      'after',
      '\nNothing is restored behind a URL (--engine) or into a bucket (--picture-store): restore it into a data folder, and copy it with snapshelf migrate.\n\nExample:\n  $ snapshelf restore shop.snapshot --data data --collection shop',
    )
    .action(run);

import { resolve } from 'node:path';
import { Command } from 'commander';
import { openEngine } from '../engines/index.ts';
import { SnapshelfError } from '../errors.ts';
import { restoreBackup, writeBackup } from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { dataOption, engineOption, keepGpsOption, pictureStoreOption } from './options.ts';
import { showPieces } from './progress.ts';
import { tellPlaces } from './restore.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly data: string;
}

interface RestoreOptions extends Options {
  readonly engine?: string;
  readonly pictureStore?: string;
  readonly keepGps?: boolean;
}

async function backUp({
  data,
  engine,
  out,
}: Options & { readonly engine?: string; readonly out: string }): Promise<void> {
  await checkOutput(out);
  await using gallery = await openEngine(data, { engine, readOnly: true, log: cliLogger() });
  const show = showPieces('writing', 'collections and models');
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
    show(done, total);
  const { bytes, collections, models, missingModels } = await interruptible(
    (signal) => writeBackup({ data: resolve(data), gallery, readOnly: true }, out, { signal, onProgress }),
    () => `${out} was not written.`,
  );
  console.log(
    `wrote ${out}: ${bytes} bytes, ${counted(collections.length, 'collection')}, ${counted(models.length, 'model')}`,
  );
  for (const id of missingModels)
    console.log(`the data folder lacks the model ${id}, and so does the backup: keep its file beside it`);
}

async function restore(file: string, { data, engine, pictureStore, keepGps }: RestoreOptions): Promise<void> {
  if (engine !== undefined || (pictureStore ?? 'engine') !== 'engine')
    throw new SnapshelfError(
      'engine-cannot',
      'A backup is restored into a data folder that holds its pictures itself, not behind a URL (--engine) or into a bucket (--picture-store). Restore it without them, and copy it with snapshelf migrate.',
    );
  const show = showPieces('restoring', 'collections and models');
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
    show(done, total);
  const { collections, models } = await interruptible(
    (signal) => restoreBackup(file, data, { signal, onProgress, keepGps }),
    () => 'nothing was restored.',
  );
  for (const restored of collections) {
    console.log(`restored ${restored.name}: ${counted(restored.items, 'item')}`);
    tellPlaces(restored);
  }
  console.log(
    `${data} has ${counted(collections.length, 'collection')} and ${counted(models.length, 'model')}`,
  );
}

/** Creates `snapshelf backup`: it writes a whole data folder to one file. */
export const backupCommand = (): Command =>
  new Command('backup')
    .description(
      'Write all collections of a data folder and their models to one file (a tar archive), each collection as it is at one moment. Works beside a running server, which gives the same file as GET /v1/backup.',
    )
    .addOption(dataOption())
    // Taken to be refused: what is kept there cannot be written into a file.
    .addOption(engineOption())
    .addOption(pictureStoreOption())
    .requiredOption('--out <file>', 'file to write')
    .addHelpText(
      'after',
      '\nReports of evaluations are not in it. Collections behind a URL (--engine), or with their pictures in a bucket (--picture-store), are not written: these have backups of their own, and snapshelf migrate copies them into a data folder.\n\nExample:\n  $ snapshelf backup --data data --out shelf.tar',
    )
    .action(backUp);

/** Creates `snapshelf restore-backup`: it makes a data folder from a file that `snapshelf backup` wrote. */
export const restoreBackupCommand = (): Command =>
  new Command('restore-backup')
    .description(
      'Make a data folder from a backup. The folder may not hold collections yet; they appear all together, or not at all.',
    )
    .argument('<file>', 'file that snapshelf backup wrote')
    .addOption(dataOption())
    // Taken to be refused: a backup is made into a data folder alone.
    .addOption(engineOption())
    .addOption(pictureStoreOption())
    .addOption(keepGpsOption())
    .addHelpText(
      'after',
      '\nNothing is restored behind a URL (--engine) or into a bucket (--picture-store): restore it into a data folder, and copy it with snapshelf migrate.\n\nExample:\n  $ snapshelf restore-backup shelf.tar --data new',
    )
    .action(restore);

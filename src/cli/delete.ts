import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import type { Filter } from '../engine/index.ts';
import { deleteItems, type Selection, selectedIds } from '../retrieval/index.ts';
import { counted, listed } from '../text.ts';
import { openGallery } from './open-folder.ts';
import {
  type CollectionOptions,
  collect,
  collectionOption,
  galleryThreads,
  json,
  withPlace,
} from './options.ts';
import { readIds } from './read-ids.ts';
import { cliLogger } from './run.ts';

interface Options extends CollectionOptions {
  readonly id: readonly string[];
  readonly idsFile?: string;
  readonly filter?: Filter;
  readonly product?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Returns what the options select. @throws RangeError if they name nothing, or several things. */
async function selectionOf({ id, idsFile, filter, product }: Options): Promise<Selection> {
  const named = [id.length > 0 || undefined, idsFile, filter, product].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new RangeError(
      'Say which items with one of --id (which may be repeated), --ids-file, --filter and --product.',
    );
  if (filter !== undefined) return { filter };
  if (product !== undefined) return { productId: product };
  return { ids: idsFile === undefined ? id : await readIds(idsFile) };
}

const mostShown = 10;

const items = (count: number): string => counted(count, 'item');

const some = (ids: readonly string[]): string => listed(ids.slice(0, mostShown), ids.length);

async function isConfirmed(count: number, { collection, yes, id }: Options): Promise<boolean> {
  // Ids on the command line are as explicit as can be.
  if (yes || id.length > 0) return true;
  if (!process.stdin.isTTY)
    throw new RangeError(`${items(count)} of ${collection} would be deleted. Add --yes to delete.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`Delete ${items(count)} of ${collection}, for good? [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function run(options: Options): Promise<void> {
  const { data, engine, pictureStore, collection } = options;
  const selection = await selectionOf(options);
  await using gallery = await openGallery(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    createIfMissing: false,
    log: cliLogger(),
  });
  const ids = await selectedIds(gallery, collection, selection);
  const there = new Set(ids);
  const missing = 'ids' in selection ? selection.ids.filter((id) => !there.has(id)) : [];
  if (missing.length > 0) console.log(`not in ${collection}: ${some(missing)}`);
  if (ids.length > 0) console.log(`${items(ids.length)}: ${some(ids)}`);
  if (options.dryRun) {
    console.log(`${collection}: ${ids.length} would be deleted`);
    return;
  }
  const isMeant = ids.length > 0 && (await isConfirmed(ids.length, options));
  const deleted = isMeant ? await deleteItems(gallery, collection, { ids }) : 0;
  console.log(`${collection}: ${deleted} deleted`);
  if (deleted === 0) process.exitCode = 1;
}

/** Creates `snapshelf delete`: it deletes items of a collection. */
export const deleteCommand = (): Command =>
  withPlace(new Command('delete'))
    .description(
      'Delete items of a collection with their pictures and vectors, for good. Works beside a running server. Says how many they are and asks, unless they are named by --id.',
    )
    .addOption(collectionOption())
    .option('--id <id>', 'the item of this id; may be repeated', collect, [])
    .option('--ids-file <file>', 'the items whose ids are the lines of a text file')
    .option(
      '--filter <json>',
      'the items that fit, such as {"field":"metadata.season","equals":"2023"}',
      json,
    )
    .option('--product <id>', 'the items of a product')
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf delete --data data --collection shop --id mugs/red.jpg
  $ snapshelf delete --data data --collection shop --product sku-1 --dry-run`,
    )
    .action(run);

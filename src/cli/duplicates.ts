import { join } from 'node:path';
import { Command } from 'commander';
import { writeAtomically } from '../files/index.ts';
import { type DuplicatesReport, duplicatesPage, shownGroups, shownMembers } from '../report/index.ts';
import type { Retriever } from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { openRetriever } from './open-folder.ts';
import { type CollectionOptions, collectionOption, galleryThreads, number, withPlace } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';
import { thumbnailUri } from './thumbnail-uri.ts';

interface Options extends CollectionOptions {
  readonly threshold?: number;
  readonly exact?: boolean;
  readonly json?: string;
  readonly out?: string;
}

/** Groups that are printed, and ids of each. */
const printedGroups = 20;
const printedIds = 6;

async function find(retriever: Retriever, options: Options): Promise<DuplicatesReport> {
  const { collection, threshold, exact } = options;
  const { items, modelName } = await retriever.gallery.info(collection);
  const progress = showProgress('looking for duplicates', items);
  const kept = (): string => 'what was found is kept: run the command again to go on.';
  const work = (signal: AbortSignal) =>
    retriever.findDuplicates(collection, {
      threshold,
      exact,
      signal,
      onProgress: ({ done }) => progress.update(done),
    });
  const found = await interruptible(work, kept).finally(() => progress.stop());
  const { isComplete: _, ...rest } = found;
  return { collection, model: modelName, ...rest };
}

function print({ groups, members, done, changed, cut, damaged, threshold }: DuplicatesReport): void {
  for (const group of groups.slice(0, printedGroups)) {
    const ids = group.slice(0, printedIds).map(({ id, score }) => `${id} (${score.toFixed(3)})`);
    const rest = group.length - ids.length;
    console.log(`${ids.join('  ')}${rest > 0 ? `  and ${rest} more` : ''}`);
  }
  if (groups.length > printedGroups)
    console.log(`and ${counted(groups.length - printedGroups, 'more group')}: --json or --out has all`);
  console.log(
    `${counted(groups.length, 'group')} of ${counted(members, 'item')} that score at least ${threshold}, of ${counted(done, 'item')}`,
  );
  if (changed > 0)
    console.log(
      `${counted(changed, 'item was', 'items were')} added, replaced or deleted meanwhile: run it again to take them into account`,
    );
  if (cut > 0) console.log(`${counted(cut, 'item has', 'items have')} more than 1,000 near-duplicates`);
  if (damaged > 0) console.log(`${counted(damaged, 'item')} cannot be read: snapshelf check`);
}

async function thumbnailsOf(retriever: Retriever, { collection, groups }: DuplicatesReport) {
  const uris = new Map<string, string>();
  for (const { id } of groups.slice(0, shownGroups).flatMap((group) => group.slice(0, shownMembers))) {
    const uri = await thumbnailUri(retriever, collection, id);
    if (uri !== undefined) uris.set(id, uri);
  }
  return (id: string): string | undefined => uris.get(id);
}

async function run(options: Options): Promise<void> {
  const { data, engine, pictureStore, json, out } = options;
  const reports = out === undefined ? [] : [join(out, 'report.json'), join(out, 'report.html')];
  await checkOutput(...(json === undefined ? [] : [json]), ...reports);
  await using retriever = await openRetriever(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    log: cliLogger(),
  });
  const report = await find(retriever, options);
  print(report);
  const text = `${JSON.stringify(report)}\n`;
  if (json !== undefined) await writeAtomically(json, text);
  if (out === undefined) return;
  await writeAtomically(join(out, 'report.json'), text);
  await writeAtomically(
    join(out, 'report.html'),
    duplicatesPage(report, await thumbnailsOf(retriever, report)),
  );
  console.log(`wrote ${join(out, 'report.html')} and report.json`);
}

/** Creates `snapshelf duplicates`: it lists the nearly identical items of a collection. */
export const duplicatesCommand = (): Command =>
  withPlace(new Command('duplicates'))
    .description(
      'List the groups of nearly identical items of a collection. One that is interrupted goes on when it is run again. Works beside a running server.',
    )
    .addOption(collectionOption())
    .option(
      '--threshold <x>',
      'score from which two count as nearly identical (default under cosine: 0.95)',
      number,
    )
    .option('--exact', 'compare with every item instead of asking the HNSW index')
    .option('--json <file>', 'also write all groups as JSON')
    .option('--out <dir>', 'folder for report.html, with the pictures, and report.json')
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf duplicates --data data --collection shop --out duplicates-report',
    )
    .action(run);

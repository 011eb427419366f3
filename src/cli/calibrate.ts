import { Command } from 'commander';
import type { CalibrationInfo } from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { openRetriever } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  dataOption,
  galleryThreads,
  indexThreadsOption,
  integer,
  number,
  scanThreadsOption,
} from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options extends CollectionOptions {
  readonly category: string;
  readonly unknownShare: number;
  readonly maxItems: number;
  readonly show?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

function print(info: CalibrationInfo): void {
  const { known, right, pairs, tradeOff, category, categories, changed, isDue, misfit } = info;
  console.log(
    `calibrated ${info.calibratedAt}: ${counted(pairs, 'search', 'searches')} for a product that was left out, ${counted(known, 'search', 'searches')} for one that is there (${percent(right / known)} found it)`,
  );
  console.log(`rates of false matches from ${percent(info.leastRate)} on; what they cost:`);
  console.log('  false matches  not found or wrong');
  for (const { rate, falseRejects } of tradeOff)
    console.log(`  ${percent(rate).padStart(13)}  ${percent(falseRejects).padStart(18)}`);
  const largest = categories.slice(0, 5).map((one) => `${one.category ?? 'none'} (${one.pairs})`);
  console.log(`pairs by ${category}: ${largest.join(', ')}${categories.length > 5 ? ' and others' : ''}`);
  if (misfit === 'other-model') console.log('It is of another model and not used: calibrate again.');
  else if (misfit === 'changed')
    console.log('Too much has changed since, so it is not used: calibrate again.');
  else
    console.log(
      isDue
        ? `${percent(changed)} of the collection has changed since: calibrate again.`
        : `Calibrate again when a fifth of the collection has changed (now ${percent(changed)}).`,
    );
}

async function run(options: Options): Promise<void> {
  const { data, collection, category, unknownShare, maxItems, show, remove, json } = options;
  await using retriever = await openRetriever(data, { ...galleryThreads(options), log: cliLogger() });
  if (remove === true) {
    await retriever.forgetCalibration(collection);
    console.log(`the collection ${collection} has no calibration any more`);
    return;
  }
  if (show === true) {
    const kept = await retriever.calibration(collection);
    if (kept === undefined) console.log(`the collection ${collection} is not calibrated`);
    else if (json === true) console.log(JSON.stringify(kept, undefined, 2));
    else print(kept);
    return;
  }
  const { items } = await retriever.gallery.info(collection);
  const progress = showProgress('calibrating', Math.min(items, maxItems));
  const work = (signal: AbortSignal): Promise<CalibrationInfo> =>
    retriever.calibrate(collection, {
      category,
      unknownShare,
      maxItems,
      signal,
      onProgress: ({ done }) => progress.update(done),
    });
  const kept = (): string => 'nothing was changed: run the command again.';
  const info = await interruptible(work, kept).finally(() => progress.stop());
  if (json === true) console.log(JSON.stringify(info, undefined, 2));
  else print(info);
}

/** Creates `snapshelf calibrate`: it finds out what the scores of a collection are worth. */
export const calibrateCommand = (): Command =>
  new Command('calibrate')
    .description(
      'Find out, from the labelled items of a collection, how sure its answers are, so that a search can say that there is no match. Works beside a running server.',
    )
    .addOption(dataOption())
    .addOption(collectionOption())
    .option('--category <field>', 'what tells categories apart: label, or metadata.KEY', 'label')
    .option(
      '--unknown-share <x>',
      'share of searches whose product is not there, for confidences',
      number,
      0.5,
    )
    .option('--max-items <n>', 'items that are searched for at most', integer(40, 20_000), 10_000)
    .option('--show', 'only show the calibration that there is')
    .option('--remove', 'remove it')
    .option('--json', 'print it as JSON')
    .addOption(indexThreadsOption())
    .addOption(scanThreadsOption())
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf calibrate --data data --collection shop
  $ snapshelf search photo.jpg --data data --collection shop --max-false-match 0.01`,
    )
    .action(run);

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { writeAtomically } from '../files/index.ts';
import { calibrationPage } from '../report/index.ts';
import type { CalibrationInfo, Retriever } from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { checkOutput } from './check-output.ts';
import { openRetriever } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  dataOption,
  engineOption,
  galleryThreads,
  integer,
  number,
  withThreads,
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
  readonly out?: string;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

function print(info: CalibrationInfo): void {
  const { known, right, pairs, tradeOff, category, categories, changed, isDue, misfit, checked = [] } = info;
  console.log(
    `calibrated ${info.calibratedAt}: ${counted(pairs, 'search', 'searches')} for a product that was left out, ${counted(known, 'search', 'searches')} for one that is there (${percent(right / known)} found it)`,
  );
  console.log(`rates of false matches from ${percent(info.leastRate)} on; what they cost:`);
  console.log('  false matches  not found or wrong  false matches seen');
  for (const { rate, falseRejects } of tradeOff) {
    const seen = checked.find((one) => one.rate === rate)?.falseMatches;
    const told = seen ? `${percent(seen.share)} (${percent(seen.low)} to ${percent(seen.high)})` : '';
    console.log(`  ${percent(rate).padStart(13)}  ${percent(falseRejects).padStart(18)}  ${told}`.trimEnd());
  }
  const largest = categories.slice(0, 5).map((one) => `${one.category ?? 'none'} (${one.pairs})`);
  console.log(`pairs by ${category}: ${largest.join(', ')}${categories.length > 5 ? ' and others' : ''}`);
  // A name that is misspelt would else look like a choice.
  if (categories.every((one) => one.category === null))
    console.log(`No item that was found has a ${category}: all share one threshold.`);
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

async function calibrate(retriever: Retriever, options: Options): Promise<CalibrationInfo> {
  const { collection, category, unknownShare, maxItems } = options;
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
  return interruptible(work, kept).finally(() => progress.stop());
}

async function writeReports(retriever: Retriever, { collection, out, json }: Options): Promise<void> {
  const report = out === undefined ? undefined : await retriever.calibrationReport(collection);
  // Another one may have removed it in the meantime.
  if (out === undefined || report === undefined) return;
  await writeAtomically(join(out, 'report.json'), `${JSON.stringify(report)}\n`);
  await writeAtomically(join(out, 'report.html'), await calibrationPage(report));
  if (json !== true) console.log(`wrote ${join(out, 'report.html')} and report.json`);
}

async function run(options: Options): Promise<void> {
  const { data, engine, collection, show, remove, json, out } = options;
  if (out !== undefined) await checkOutput(join(out, 'report.json'), join(out, 'report.html'));
  await using retriever = await openRetriever(data, { engine, ...galleryThreads(options), log: cliLogger() });
  if (remove === true) {
    await retriever.forgetCalibration(collection);
    console.log(`the collection ${collection} has no calibration any more`);
    return;
  }
  const info = show === true ? await retriever.calibration(collection) : await calibrate(retriever, options);
  if (info === undefined) {
    console.log(json === true ? 'null' : `the collection ${collection} is not calibrated`);
    return;
  }
  if (json === true) console.log(JSON.stringify(info, undefined, 2));
  else print(info);
  await writeReports(retriever, options);
}

/** Creates `snapshelf calibrate`: it finds out what the scores of a collection are worth. */
export const calibrateCommand = (): Command =>
  withThreads(new Command('calibrate'))
    .description(
      'Find out, from the labelled items of a collection, how sure its answers are, so that a search can say that there is no match. Works beside a running server.',
    )
    .addOption(dataOption())
    .addOption(engineOption())
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
    .addOption(new Option('--remove', 'remove it').conflicts(['show', 'json', 'out']))
    .option('--json', 'print it as JSON')
    .option(
      '--out <dir>',
      'folder for report.html, with the curve of false matches against false rejects, and report.json',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf calibrate --data data --collection shop --out calibration-report
  $ snapshelf search photo.jpg --data data --collection shop --max-false-match 0.01`,
    )
    .action(run);

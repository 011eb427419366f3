import { join } from 'node:path';
import { Command } from 'commander';
import { type BakeoffRequest, estimate, prepareBakeoff, readBakeoff, runBakeoff } from '../bakeoff/index.ts';
import { writeAtomically } from '../files/index.ts';
import { bakeoffPage } from '../report/index.ts';
import { counted } from '../text.ts';
import { BakeoffDisplay } from './bakeoff-display.ts';
import { type BakeoffCommandOptions, ofTheBakeoff, ofThisBakeoffCall, requestOf } from './bakeoff-request.ts';
import { planText, reportText } from './bakeoff-table.ts';
import { cliLogger, interruptible } from './run.ts';
import { optionWords, quoted } from './shell-words.ts';
import { givenOptions } from './train-options.ts';

async function writeReport(folder: string): Promise<void> {
  const report = await readBakeoff(folder);
  await writeAtomically(join(folder, 'report.json'), `${JSON.stringify(report)}\n`);
  await writeAtomically(join(folder, 'report.html'), await bakeoffPage(report));
  console.log(reportText(report));
  console.log(`wrote ${join(folder, 'report.html')} and report.json`);
}

async function printPlan(
  request: BakeoffRequest & { readonly out: string },
  options: BakeoffCommandOptions,
): Promise<void> {
  await interruptible(async (signal) => {
    const prepared = await prepareBakeoff(request, request.out);
    const { provider, threads } = options;
    console.log(planText(prepared, await estimate(prepared, { provider, threads, signal })));
  });
}

/** The command that goes on, with the options of this call. */
function commandToGoOn(command: Command, out: string): string {
  const ofTheCall = new Set(ofThisBakeoffCall().map((option) => option.attributeName()));
  const kept = givenOptions(command).filter((option) => ofTheCall.has(option.attributeName()));
  return ['snapshelf', 'bakeoff', '--out', quoted(out), ...optionWords(command, kept)].join(' ');
}

async function bake(
  request: BakeoffRequest & { readonly out: string },
  options: BakeoffCommandOptions,
  command: Command,
): Promise<void> {
  const { out } = request;
  const display = new BakeoffDisplay();
  const { provider, threads, workers, cache, keepWeights, checkpointSeconds, verbose } = options;
  try {
    await interruptible(
      (signal) =>
        runBakeoff(request, {
          out,
          provider,
          threads,
          workers,
          cache,
          keepWeights,
          checkpointSeconds,
          signal,
          onProgress: display.update,
          log: display.logger(cliLogger(verbose)),
        }),
      () => `what is done is kept. Go on with: ${commandToGoOn(command, out)}`,
    );
  } finally {
    display.stop();
  }
  await writeReport(out);
}

async function run(
  sources: readonly string[],
  options: BakeoffCommandOptions,
  command: Command,
): Promise<void> {
  if (options.report !== undefined) {
    const others = givenOptions(command).filter((option) => option.attributeName() !== 'report');
    if (sources.length + others.length > 0)
      throw new RangeError(
        `A report is made of what is there: leave out ${counted(sources.length + others.length, 'other argument')}, or --report.`,
      );
    await writeReport(options.report);
    return;
  }
  const request = await requestOf(sources, options, command);
  if (options.plan === true) await printPlan(request, options);
  else await bake(request, options, command);
}

/** `snapshelf bakeoff`: losses side by side. */
export function bakeoffCommand(): Command {
  const command = new Command('bakeoff')
    .description(
      'Compare losses fairly: the same network, start, pictures and number of steps, values chosen on labels held out of the training, tested on labels never trained on.',
    )
    .argument(
      '[source...]',
      'folders of label folders, manifests, or the CUB, Cars, SOP and In-Shop data sets',
    )
    .addHelpText(
      'after',
      `
A source with the splits train and test (or query and gallery) of different labels is tested on those; of any other, half
of the labels is the test. Every finished job is a file: the same command, or --out DIR alone, goes on where it stopped,
also on another machine if the folder is copied there. Losses and seeds can be added later.

Examples:
  $ snapshelf bakeoff photos/ --weights imagenet-lite0 --losses all --budget 10 --seeds 3 --out table
  $ snapshelf bakeoff photos/ --weights imagenet-lite0 --losses contrastive,triplet --size 112 --out table --plan
  $ snapshelf bakeoff --out table
  $ snapshelf bakeoff --out table --losses all --seeds 5
  $ snapshelf bakeoff --report table`,
    )
    .action(run);
  for (const option of [...ofTheBakeoff(), ...ofThisBakeoffCall()]) command.addOption(option);
  return command;
}

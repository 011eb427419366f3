import { join } from 'node:path';
import { Command } from 'commander';
import { readInput, writeAtomically } from '../files/index.ts';
import { trainingCurve } from '../report/index.ts';
import { RunFolder } from '../train/index.ts';
import { checkOutput } from './check-output.ts';

/** The most bytes of a log: half a million lines. */
const largestLog = 2 ** 26;

async function readLog(folder: string): Promise<RunLogText> {
  const { logFile, path } = new RunFolder(folder);
  const bytes = await readInput(logFile, largestLog, 'run-invalid', `The log of the run, ${logFile},`);
  return { name: folder, path, log: bytes.toString() };
}

interface RunLogText {
  readonly name: string;
  readonly path: string;
  readonly log: string;
}

async function run(folders: readonly string[], { out }: { readonly out?: string }): Promise<void> {
  const runs = await Promise.all(folders.map(readLog));
  const [first] = runs;
  const target = out ?? join(first?.path ?? '.', runs.length > 1 ? 'curves.svg' : 'curve.svg');
  await checkOutput(target);
  await writeAtomically(target, await trainingCurve(runs));
  console.log(`wrote ${target}`);
}

/** `snapshelf plot`: the logs of runs as a picture. */
export const plotCommand = (): Command =>
  new Command('plot')
    .description(
      'Draw the loss and the validation figures of a training run, also while it runs; of several runs in one picture.',
    )
    .argument('<run...>', 'run folders of snapshelf train')
    .option(
      '--out <file.svg>',
      'picture to write (default: RUN/curve.svg; of several, curves.svg in the first)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ snapshelf plot run --out curve.svg\n  $ snapshelf plot run-a run-b --out both.svg',
    )
    .action(run);

import { join } from 'node:path';
import { Command } from 'commander';
import { readInput, writeAtomically } from '../files/index.ts';
import { trainingCurve } from '../report/index.ts';
import { RunFolder } from '../train/index.ts';

/** The most bytes of a log: half a million lines. */
const largestLog = 2 ** 26;

async function run(folder: string, { out }: { readonly out?: string }): Promise<void> {
  const { logFile, path } = new RunFolder(folder);
  const bytes = await readInput(logFile, largestLog, 'run-invalid', `The log of the run, ${logFile},`);
  const target = out ?? join(path, 'curve.svg');
  await writeAtomically(target, await trainingCurve(bytes.toString()));
  console.log(`wrote ${target}`);
}

/** `snapshelf plot`: a run's log as a picture. */
export const plotCommand = (): Command =>
  new Command('plot')
    .description('Draw the loss and the validation figures of a training run, also while it runs.')
    .argument('<run>', 'run folder of snapshelf train')
    .option('--out <file.svg>', 'picture to write (default: RUN/curve.svg)')
    .addHelpText('after', '\nExample:\n  $ snapshelf plot run --out curve.svg')
    .action(run);

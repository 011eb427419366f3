import type { Command } from 'commander';
import { counted } from '../text.ts';
import { RunFolder, type TrainResult, train } from '../train/index.ts';
import { percent } from './evaluation-table.ts';
import { optionsOfRecipe } from './recipe-options.ts';
import { cliLogger, interruptible } from './run.ts';
import { optionWords, quoted } from './shell-words.ts';
import { ThoroughCommandLine } from './thorough-command.ts';
import {
  givenOptions,
  namesOfCall,
  ofTheRun,
  ofThisCall,
  type TrainCommandOptions,
} from './train-options.ts';
import { runOptions } from './train-request.ts';
import { TrainingDisplay } from './training-display.ts';

function describeResult({ steps, best, endedEarly, skipped }: TrainResult): string {
  const recall =
    best === null ? '' : `; best Recall@1 ${percent(best.recall)} after ${counted(best.epoch, 'epoch')}`;
  const early = endedEarly ? ', ended early: no validation was better since' : '';
  return `trained ${counted(steps, 'step')}${recall}${early}${skipped > 0 ? `; ${counted(skipped, 'picture')} left out` : ''}`;
}

/** The command that goes on with an interrupted run, with the options of this call. */
function commandToResume(command: Command): string {
  const ofTheCall = namesOfCall();
  const kept = givenOptions(command).filter((option) => ofTheCall.has(option.attributeName()));
  const words = optionWords(command, kept);
  const resume = words.includes('--resume') ? [] : ['--resume'];
  return ['snapshelf', 'train', ...words, ...resume].join(' ');
}

/** Says after Ctrl-C what is saved and how to go on. */
async function tellInterruption(command: Command, { out }: TrainCommandOptions): Promise<void> {
  const position = await new RunFolder(out).readPosition();
  process.stderr.write(
    position === undefined
      ? 'Nothing is saved yet: start again with the same command.\n'
      : `Saved in ${out} after step ${position.step}. Go on with: ${commandToResume(command)}\n`,
  );
}

async function run(
  sources: readonly string[],
  options: TrainCommandOptions,
  command: ThoroughCommandLine,
): Promise<void> {
  const asked = await runOptions(sources, options, command);
  const display = new TrainingDisplay(asked.recipe);
  const words = ['snapshelf', ...process.argv.slice(2)].map(quoted).join(' ');
  try {
    const result = await interruptible((signal) => {
      signal.addEventListener('abort', () => display.ending());
      return train(asked, {
        ...options,
        ...display.events,
        command: words,
        signal,
        log: display.logger(cliLogger(options.verbose)),
      });
    });
    display.stop();
    console.log(describeResult(result));
    console.log(`next: snapshelf export --run ${quoted(options.out)} --out model.onnx`);
  } catch (error) {
    display.stop();
    if ((error as Error).name === 'AbortError') await tellInterruption(command, options);
    throw error;
  } finally {
    display.stop();
  }
}

/** `snapshelf train`: pictures to weights. */
export function trainCommand(): Command {
  const command = new ThoroughCommandLine('train')
    .description(
      'Train a network on labelled pictures. A run that was stopped or killed goes on with --resume.',
    )
    .argument(
      '[source...]',
      'folders of label folders, manifests, or the CUB, Cars, SOP and In-Shop data sets',
    )
    .addHelpText(
      'after',
      `
Ctrl-C saves a checkpoint, says how to go on, and exits with 130. RUN/run.json says what was used; log.csv and
events.out.tfevents.snapshelf (for TensorBoard) have what log.jsonl has.

Examples:
  $ snapshelf train photos/ --weights imagenet-lite0 --hold-out 0.1 --out run
  $ snapshelf train shop/train --query shop/val --arch resnet50 --weights resnet50.pth --out run
  $ snapshelf train CUB_200_2011 --recipe cub --arch resnet50 --weights resnet50.pth --out cub --provider cuda
  $ snapshelf train photos/ --hold-out-labels 0.2 --sampler balanced --patience 5 --out open-set
  $ snapshelf train --out run --resume
  $ snapshelf export --run run --out model.onnx`,
    )
    .action(run);
  for (const option of [...ofTheRun(), ...ofThisCall(), ...optionsOfRecipe()]) command.addOption(option);
  return command;
}

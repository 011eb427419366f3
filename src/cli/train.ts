import { Command, Option } from 'commander';
import { architectures } from '../nn/index.ts';
import {
  RunFolder,
  type RunOptions,
  recipeOf,
  recipes,
  type TrainOptions,
  type TrainResult,
  train,
} from '../train/index.ts';
import { collect, integer, providerOption, threadsOption, verboseOption } from './options.ts';
import { optionsOfRecipe, overridesOf } from './recipe-options.ts';
import { cliLogger, interruptible } from './run.ts';
import { TrainingDisplay } from './training-display.ts';

/** The options besides those of the recipe. */
interface Options
  extends TrainOptions,
    Omit<RunOptions, 'architecture' | 'recipe' | 'recipeName' | 'sources' | 'queries'> {
  readonly arch?: string;
  readonly recipe?: string;
  readonly query: readonly string[];
  readonly set: readonly string[];
  readonly verbose?: boolean;
}

/** Makes the run from the command line. */
function askedFor(sources: readonly string[], options: Options): RunOptions {
  const { arch, recipe: recipeName = options.weights === undefined ? 'scratch' : 'finetune' } = options;
  if (sources.length === 0) throw new RangeError('Name a folder, manifest or data set to train on.');
  if (arch === undefined)
    throw new RangeError(`Choose an architecture with --arch: ${architectures.join(', ')}.`);
  return {
    architecture: arch,
    recipeName,
    recipe: recipeOf(recipeName, overridesOf(options), options.set),
    sources,
    queries: options.query,
    weights: options.weights,
    teacher: options.teacher,
    seed: options.seed,
    validateEvery: options.validateEvery,
    skipBad: options.skipBad,
  };
}

/** Reads the run that a folder records: enough to go on with `--out RUN --resume` alone. */
async function recordedIn(path: string): Promise<RunOptions | undefined> {
  const config = await new RunFolder(path).readConfig();
  if (config === undefined) return undefined;
  return { ...config, weights: config.weights?.path, teacher: config.teacher?.path };
}

function refuseChanges(command: Command): void {
  const ofTheCall = new Set(['out', ...ofThisCall().map((option) => option.attributeName())]);
  const given = command.options.filter((option) => {
    const name = option.attributeName();
    return !ofTheCall.has(name) && command.getOptionValueSource(name) === 'cli';
  });
  if (given.length > 0)
    throw new RangeError(
      `Without a source, --resume goes on with the run as it is recorded: leave out ${given.map(({ long }) => long).join(', ')}.`,
    );
}

async function runOptions(
  sources: readonly string[],
  options: Options,
  command: Command,
): Promise<RunOptions> {
  const recorded = options.resume && sources.length === 0 ? await recordedIn(options.out) : undefined;
  if (recorded !== undefined) refuseChanges(command);
  return recorded ?? askedFor(sources, options);
}

function describeResult({ steps, best, skipped }: TrainResult): string {
  const recall =
    best === null ? '' : `; best Recall@1 ${(100 * best.recall).toFixed(1)} after ${best.epoch} epochs`;
  return `trained ${steps} steps${recall}${skipped > 0 ? `; ${skipped} pictures left out` : ''}`;
}

async function run(sources: readonly string[], options: Options, command: Command): Promise<void> {
  const asked = await runOptions(sources, options, command);
  const display = new TrainingDisplay(asked.recipe.batch);
  try {
    const result = await interruptible((signal) =>
      train(asked, { ...options, ...display.events, signal, log: cliLogger(options.verbose) }),
    );
    display.stop();
    console.log(describeResult(result));
    console.log(`next: snapshelf export --run ${options.out} --out model.onnx`);
  } finally {
    display.stop();
  }
}

/** The options that say what a run is, besides the recipe's values. */
const ofTheRun = (): Option[] => [
  new Option(
    '--out <folder>',
    'run folder: run.json, log.jsonl, last.safetensors, best.safetensors',
  ).makeOptionMandatory(),
  new Option('--arch <name>', 'architecture').choices([...architectures]),
  new Option(
    '--recipe <name>',
    'default: finetune with --weights, else scratch; snapshelf recipes lists their values',
  ).choices(Object.keys(recipes)),
  new Option('--weights <file>', 'weights to start from: .pth, .pt or .safetensors'),
  new Option(
    '--teacher <file.onnx>',
    'model whose outputs for the same crops are learned (export --classifier); --distillation 0.5 mixes in the labels',
  ),
  new Option(
    '--query <source>',
    'query pictures to validate with, once for each source, whose pictures are the gallery',
  )
    .argParser(collect)
    .default([]),
  new Option('--set <key=value>', 'any other value of the recipe, such as jitter.hue=0.1')
    .argParser(collect)
    .default([]),
  new Option('--seed <n>', 'the same seed gives the same run').argParser(integer(0, 2 ** 32 - 1)),
  new Option('--validate-every <n>', 'epochs between validations (default: a tenth of all)').argParser(
    integer(1),
  ),
  new Option('--skip-bad', 'leave out pictures that cannot be read instead of failing'),
];

/** The options that say how a run is done: they do not change its result, and so may differ from call to call. */
const ofThisCall = (): Option[] => [
  new Option('--resume', 'go on where the run in --out stopped; start it where there is none'),
  new Option('--cache <where>', 'where resized pictures are kept (default: auto)').choices([
    'auto',
    'memory',
    'disk',
    'none',
  ]),
  new Option('--workers <n>', 'threads that make batches (default: 1)').argParser(integer(1, 64)),
  new Option('--steps-per-call <n>', 'steps in one call of the runtime (default: 1, on CUDA 8)').argParser(
    integer(1, 1024),
  ),
  new Option('--checkpoint-seconds <n>', 'most seconds between checkpoints (default: 300)').argParser(
    integer(1),
  ),
  providerOption(),
  threadsOption(),
  verboseOption(),
];

/** `snapshelf train`: pictures to weights. */
export function trainCommand(): Command {
  const command = new Command('train')
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
Ctrl-C saves a checkpoint and exits with 130. RUN/run.json says what was used.

Examples:
  $ snapshelf train photos/ --arch resnet18 --out run
  $ snapshelf train shop/train --query shop/val --arch resnet50 --weights resnet50.pth --out run
  $ snapshelf train CUB_200_2011 --recipe cub --arch resnet50 --weights resnet50.pth --out cub --provider cuda
  $ snapshelf train --out run --resume
  $ snapshelf export --run run --out model.onnx`,
    )
    .action(run);
  for (const option of [...ofTheRun(), ...ofThisCall(), ...optionsOfRecipe()]) command.addOption(option);
  return command;
}

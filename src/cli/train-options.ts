import { type Command, InvalidArgumentError, Option } from 'commander';
import { architectures } from '../nn/index.ts';
import { type RunOptions, recipes, type TrainOptions } from '../train/index.ts';
import { shippedWeights } from '../weights/index.ts';
import { collect, integer, number, providerOption, threadsOption, verboseOption } from './options.ts';

/** The options besides those of the recipe. */
export interface TrainCommandOptions
  extends TrainOptions,
    Omit<RunOptions, 'architecture' | 'recipe' | 'recipeName' | 'sources' | 'queries'> {
  readonly arch?: string;
  readonly recipe?: string;
  readonly query: readonly string[];
  readonly set: readonly string[];
  readonly verbose?: boolean;
}

/** The architecture without --arch, if the weights do not say theirs: that of the start that ships. */
export const defaultArchitecture = 'efficientnet-lite0';

const share = (text: string): number => {
  const value = number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a number above 0 and below 1, such as 0.1.');
};

/** The options that say what a run is, besides the recipe's values. */
export const ofTheRun = (): Option[] => [
  new Option(
    '--out <folder>',
    'run folder: run.json, log.jsonl, last.safetensors, best.safetensors',
  ).makeOptionMandatory(),
  new Option(
    '--arch <name>',
    `architecture (default: that of the weights if the file says it, else ${defaultArchitecture})`,
  ).choices([...architectures]),
  new Option(
    '--recipe <name>',
    'default: finetune with --weights, else scratch; snapshelf recipes lists their values',
  ).choices(Object.keys(recipes)),
  new Option(
    '--weights <file>',
    `weights to start from: .pth, .pt or .safetensors, or the name of those that ship: ${[...shippedWeights.keys()].join(', ')}`,
  ),
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
  new Option(
    '--hold-out <share>',
    "share of each label's pictures that is held out and validated on, at least one of two; --seed says which",
  ).argParser(share),
  new Option(
    '--hold-out-labels <share>',
    'share of the labels that is held out and validated on, at least two: how well labels are told apart that were never learned',
  ).argParser(share),
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
export const ofThisCall = (): Option[] => [
  new Option('--resume', 'go on where the run in --out stopped; start it where there is none'),
  new Option(
    '--strict',
    'fail before the first step if files of the sources were left out or read otherwise',
  ),
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
  new Option(
    '--no-information',
    'do not measure the information of the validation set: see docs/information.md',
  ),
  providerOption(),
  threadsOption(),
  verboseOption(),
];

/** The options that were given on the command line, of some names or all. */
export const givenOptions = (command: Command): Option[] =>
  command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');

/** The names of the options that may differ from call to call, and of the run folder. */
export const namesOfCall = (): Set<string> =>
  new Set(['out', ...ofThisCall().map((option) => option.attributeName())]);

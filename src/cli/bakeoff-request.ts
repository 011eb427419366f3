import { type Command, Option } from 'commander';
import { type BakeoffRequest, readRequest } from '../bakeoff/index.ts';
import type { CacheMode } from '../datasets/cache/cache-mode.ts';
import { architectures, losses } from '../nn/index.ts';
import { type Recipe, recipeOf, recipes } from '../train/index.ts';
import { architectureOfWeights, shippedWeights } from '../weights/index.ts';
import {
  collect,
  integer,
  providerOption,
  type SessionOptions,
  threadsOption,
  verboseOption,
} from './options.ts';
import { defaultArchitecture, givenOptions } from './train-options.ts';

/** The options of `snapshelf bakeoff`. */
export interface BakeoffCommandOptions extends SessionOptions {
  readonly out?: string;
  readonly losses?: string;
  readonly budget?: number;
  readonly seeds?: number;
  readonly arch?: string;
  readonly weights?: string;
  readonly recipe?: string;
  readonly size?: number;
  readonly batch?: number;
  readonly imagesPerLabel?: number;
  readonly set: readonly string[];
  readonly seed?: number;
  readonly plan?: boolean;
  readonly report?: string;
  readonly keepWeights?: boolean;
  readonly workers?: number;
  readonly cache?: CacheMode;
  readonly checkpointSeconds?: number;
}

const defaultSeeds = 3;

/** The options that say what is compared. All but the losses and the number of seeds are fixed with the first call. */
export const ofTheBakeoff = (): Option[] => [
  new Option('--out <folder>', 'folder of the bake-off: plan.json, results/, report.json, report.html'),
  new Option(
    '--losses <names>',
    'all, or names and sums with commas between them: contrastive,cross-entropy + 0.0001 center (default: all)',
  ),
  new Option('--budget <epochs>', "epochs of every training (default: the recipe's)").argParser(integer(1)),
  new Option('--seeds <n>', 'final trainings of each loss, with the seeds 1 to n (default: 3)').argParser(
    integer(1, 100),
  ),
  new Option(
    '--arch <name>',
    `architecture (default: that of the weights if the file says it, else ${defaultArchitecture})`,
  ).choices([...architectures]),
  new Option(
    '--weights <file>',
    `weights to start from: .pth, .pt or .safetensors, or the name of those that ship: ${[...shippedWeights.keys()].join(', ')}`,
  ),
  new Option('--recipe <name>', 'default: finetune with --weights, else scratch').choices(
    Object.keys(recipes),
  ),
  new Option('--size <pixels>', 'side of the training pictures').argParser(integer(32, 1024)),
  new Option('--batch <n>', 'pictures per step').argParser(integer(2)),
  new Option(
    '--images-per-label <n>',
    'pictures of each label in a batch, for losses that compare pictures (default: 4)',
  ).argParser(integer(2)),
  new Option('--set <key=value>', 'any other value of the recipe, such as momentum=0.8')
    .argParser(collect)
    .default([]),
  new Option('--seed <n>', 'says which labels are held out (default: 1)').argParser(integer(0, 2 ** 32 - 1)),
];

/** The options that say how it is done: they may differ from call to call. */
export const ofThisBakeoffCall = (): Option[] => [
  new Option('--plan', 'print the jobs and an estimate of their time, and do nothing'),
  new Option('--dry-run', 'the same as --plan').implies({ plan: true }),
  new Option('--report <folder>', 'make report.json and report.html of what is there, and do nothing else'),
  new Option('--keep-weights', 'keep the run folders of finished jobs, with their weights'),
  new Option('--workers <n>', 'threads that make batches (default: 1)').argParser(integer(1, 64)),
  new Option('--cache <where>', 'where resized pictures are kept (default: auto)').choices([
    'auto',
    'memory',
    'disk',
    'none',
  ]),
  new Option('--checkpoint-seconds <n>', 'most seconds between checkpoints (default: 300)').argParser(
    integer(1),
  ),
  providerOption(),
  threadsOption(),
  verboseOption(),
];

const listOf = (text: string): string[] =>
  text.split(',').flatMap((name) => (name.trim() === 'all' ? Object.keys(losses) : [name.trim()]));

/** Picks the values of the recipe that were given. */
const given = (
  values: { readonly [K in 'epochs' | 'size' | 'batch']: number | undefined },
): Partial<Recipe> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Makes what a new bake-off compares. */
async function newRequest(
  sources: readonly string[],
  options: BakeoffCommandOptions,
): Promise<BakeoffRequest> {
  const { weights, budget: epochs, size, batch, imagesPerLabel, seed, seeds = defaultSeeds } = options;
  const recipeName = options.recipe ?? (weights === undefined ? 'scratch' : 'finetune');
  const said = weights === undefined ? undefined : await architectureOfWeights(weights);
  return {
    sources,
    losses: listOf(options.losses ?? 'all'),
    seeds,
    architecture: options.arch ?? said ?? defaultArchitecture,
    weights,
    recipe: recipeOf(recipeName, given({ epochs, size, batch }), options.set),
    recipeName,
    imagesPerLabel,
    seed,
  };
}

/** Names of the options that may come with `--out` alone. */
const mayGrow: readonly string[] = ['out', 'losses', 'seeds'];

/**
 * Makes the request of a command line; with `--out` alone, reads the one that was begun there, with the losses and seeds
 * that are added.
 * @throws RangeError for options that contradict each other; SnapshelfError `run-invalid`, `weights-invalid`.
 */
export async function requestOf(
  sources: readonly string[],
  options: BakeoffCommandOptions,
  command: Command,
): Promise<BakeoffRequest & { readonly out: string }> {
  const { out } = options;
  if (out === undefined)
    throw new RangeError('Name the folder of the bake-off: --out DIR, or --report DIR to look at one.');
  if (sources.length > 0) return { ...(await newRequest(sources, options)), out };
  const fixed = new Set(ofTheBakeoff().map((option) => option.attributeName()));
  const refused = givenOptions(command)
    .map((option) => ({ name: option.attributeName(), long: option.long }))
    .filter(({ name }) => fixed.has(name) && !mayGrow.includes(name));
  if (refused.length > 0)
    throw new RangeError(
      `Without a source, the bake-off in ${out} goes on as it was begun: leave out ${refused.map(({ long }) => long).join(', ')}.`,
    );
  const begun = await readRequest(out);
  return {
    ...begun,
    out,
    losses: options.losses === undefined ? begun.losses : listOf(options.losses),
    seeds: options.seeds ?? begun.seeds,
  };
}

import { Command, Option } from 'commander';
import { architectures, losses } from '../nn/index.ts';
import { type Recipe, RunFolder, type RunOptions, recipeOf, recipes, train } from '../train/index.ts';
import { collect, integer, number, phases, providerOption, threadsOption, verboseOption } from './options.ts';
import { cliLogger, interruptible } from './run.ts';
import { TrainingDisplay } from './training-display.ts';

interface Options {
  readonly arch?: string;
  readonly recipe?: string;
  readonly weights?: string;
  readonly teacher?: string;
  readonly query: readonly string[];
  readonly out: string;
  readonly resume?: boolean;
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly classifierLr?: number;
  readonly size?: number;
  readonly progressive?: Recipe['progressive'];
  readonly testSize?: number;
  readonly bn?: 'batch' | 'frozen';
  readonly loss?: string;
  readonly smoothing?: number;
  readonly dropout?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly clipNorm?: number;
  readonly averageDecay?: number;
  readonly set: readonly string[];
  readonly seed?: number;
  readonly validateEvery?: number;
  readonly skipBad?: boolean;
  readonly cache?: 'auto' | 'memory' | 'disk' | 'none';
  readonly workers?: number;
  readonly stepsPerCall?: number;
  readonly checkpointSeconds?: number;
  readonly provider: 'auto' | 'cpu' | 'cuda';
  readonly threads?: number;
  readonly verbose?: boolean;
}

/** The values of a recipe that have an option of their own. */
const overridesOf = (options: Options): Partial<Recipe> =>
  ({
    epochs: options.epochs,
    batch: options.batch,
    learningRate: options.lr,
    classifierMultiplier: options.classifierLr,
    size: options.size,
    progressive: options.progressive,
    testSize: options.testSize,
    batchNorm: options.bn,
    loss: options.loss,
    smoothing: options.smoothing,
    dropout: options.dropout,
    weightDecay: options.weightDecay,
    momentum: options.momentum,
    clipNorm: options.clipNorm,
    averageDecay: options.averageDecay,
  }) as Partial<Recipe>;

/** The run as it was asked for on the command line. */
function askedFor(sources: readonly string[], options: Options): RunOptions {
  const { arch, recipe: recipeName = options.weights === undefined ? 'scratch' : 'finetune' } = options;
  if (sources.length === 0) throw new RangeError('name a folder, manifest or data set to train on');
  if (arch === undefined)
    throw new RangeError(`choose an architecture with --arch: ${architectures.join(', ')}`);
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

/** The run that a folder records: enough to go on with `--out RUN --resume` alone. */
async function recordedIn(path: string): Promise<RunOptions | undefined> {
  const config = await new RunFolder(path).readConfig();
  if (config === undefined) return undefined;
  return { ...config, weights: config.weights?.path, teacher: config.teacher?.path };
}

/** What says what a run is, and so is known of one that goes on. */
const ofTheRun = ['arch', 'recipe', 'weights', 'teacher', 'seed', 'validateEvery', 'skipBad'] as const;

function refuseChanges(options: Options): void {
  const given = [
    ...ofTheRun.filter((name) => options[name] !== undefined),
    ...Object.entries(overridesOf(options)).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...(options.set.length > 0 ? ['set'] : []),
    ...(options.query.length > 0 ? ['query'] : []),
  ];
  if (given.length > 0)
    throw new RangeError(
      `without a source, --resume goes on with the run as it is recorded: leave out ${given.join(', ')}`,
    );
}

async function runOptions(sources: readonly string[], options: Options): Promise<RunOptions> {
  const recorded = options.resume && sources.length === 0 ? await recordedIn(options.out) : undefined;
  if (recorded !== undefined) refuseChanges(options);
  return recorded ?? askedFor(sources, options);
}

async function run(sources: readonly string[], options: Options): Promise<void> {
  const asked = await runOptions(sources, options);
  const { out, resume, provider, threads, workers, cache, stepsPerCall, checkpointSeconds } = options;
  const display = new TrainingDisplay(asked.recipe.batch);
  try {
    const result = await interruptible((signal) =>
      train(asked, {
        ...{ out, resume, provider, threads, workers, cache, stepsPerCall, checkpointSeconds, signal },
        ...display.events,
        log: cliLogger(options.verbose),
      }),
    );
    display.stop();
    const { best } = result;
    const figure =
      best === null ? '' : `; best Recall@1 ${(100 * best.recall).toFixed(1)} after ${best.epoch} epochs`;
    console.log(`trained ${result.steps} steps${figure}`);
    console.log(`next: snapshelf export --run ${out} --out model.onnx`);
  } finally {
    display.stop();
  }
}

/** `snapshelf train`: pictures to weights. */
export const trainCommand = (): Command =>
  new Command('train')
    .description(
      'Train a network on labelled pictures. A run that was stopped or killed goes on with --resume.',
    )
    .argument(
      '[source...]',
      'folders of label folders, manifests, or the CUB, Cars, SOP and In-Shop data sets',
    )
    .requiredOption('--out <folder>', 'run folder: run.json, log.jsonl, last.safetensors, best.safetensors')
    .addOption(new Option('--arch <name>', 'architecture').choices([...architectures]))
    .addOption(
      new Option('--recipe <name>', 'default: finetune with --weights, else scratch').choices(
        Object.keys(recipes),
      ),
    )
    .option('--weights <file>', 'weights to start from: .pth, .pt or .safetensors')
    .option(
      '--teacher <file.onnx>',
      'learn what this model says of the same crops (export --classifier); --set distillation=0.5 mixes in the labels',
    )
    .option(
      '--query <source>',
      'query pictures to validate with, once for each source, whose pictures are the gallery',
      collect,
      [],
    )
    .option('--resume', 'go on where the run in --out stopped; start it where there is none')
    .option('--epochs <n>', 'passes over the pictures', integer(1))
    .option('--batch <n>', 'pictures a step', integer(2))
    .option('--lr <x>', 'learning rate of the network', number)
    .option('--classifier-lr <x>', 'times --lr, for the classifier', number)
    .option('--size <pixels>', 'side of the training pictures', integer(32, 1024))
    .option(
      '--progressive <phases>',
      'smaller pictures first: 112:20,144:10 is 20 epochs at 112 pixels, 10 at 144, the rest at --size',
      phases,
    )
    .option(
      '--test-size <pixels>',
      'side of the pictures in validation and in the exported model',
      integer(32, 1024),
    )
    .addOption(new Option('--bn <statistics>', 'what BatchNorm normalises with').choices(['batch', 'frozen']))
    .addOption(new Option('--loss <name>', 'loss').choices([...losses]))
    .option('--smoothing <x>', 'label smoothing', number)
    .option('--dropout <x>', 'share of the feature that is dropped', number)
    .option('--weight-decay <x>', 'weight decay', number)
    .option('--momentum <x>', 'momentum', number)
    .option('--clip-norm <x>', 'largest norm of the gradients', number)
    .option('--average-decay <x>', 'keep a moving average of the weights, such as 0.99', number)
    .option('--set <key=value>', 'any other value of the recipe, such as jitter.hue=0.1', collect, [])
    .option('--seed <n>', 'the same seed gives the same run', integer(0, 2 ** 32 - 1))
    .option('--validate-every <n>', 'epochs between validations (default: a tenth of all)', integer(1))
    .option('--skip-bad', 'leave out pictures that cannot be read instead of failing')
    .addOption(
      new Option('--cache <where>', 'where resized pictures are kept (default: auto)').choices([
        'auto',
        'memory',
        'disk',
        'none',
      ]),
    )
    .option('--workers <n>', 'threads that make batches (default: 1)', integer(1, 64))
    .option(
      '--steps-per-call <n>',
      'steps in one call of the runtime (default: 1, on CUDA 8)',
      integer(1, 1024),
    )
    .option('--checkpoint-seconds <n>', 'most seconds between checkpoints (default: 300)', integer(1))
    .addOption(providerOption())
    .addOption(threadsOption())
    .addOption(verboseOption())
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

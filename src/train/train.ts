import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CacheMode, Loader, labelBatches } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import { fileHash } from '../weights/index.ts';
import { transformOf } from './check-recipe.ts';
import { type Position, readCheckpoint } from './checkpoint.ts';
import { readTrainingData, type TrainingData } from './data.ts';
import type { ValidationResult } from './evaluator.ts';
import { initialState } from './initial-state.ts';
import { machineOf } from './machine.ts';
import { networkOptionsOf, stepOptionsOf, testPreprocessing } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { type RunConfig, RunFolder } from './run-folder.ts';
import { RunLock } from './run-lock.ts';
import { buildStep, type Step } from './step.ts';
import { Stepper } from './stepper.ts';
import { Teacher } from './teacher.ts';
import { type StepProgress, Trainer } from './trainer.ts';
import { Validator } from './validator.ts';

/** What a run is: its result follows from this, the pictures, the machine and the number of threads. */
export interface RunOptions {
  /** One of `architectures` of `nn/`. */
  readonly architecture: string;
  /** What `recipeOf` gives. */
  readonly recipe: Recipe;
  /** For the record: the name of the recipe that it began as. */
  readonly recipeName: string;
  /** Folders, manifests or data sets. */
  readonly sources: readonly string[];
  /** Query pictures for each source, see `readTrainingData`. Default none. */
  readonly queries?: readonly string[] | undefined;
  /** Weights to start from; without, the network starts from random ones. */
  readonly weights?: string | undefined;
  /**
   * A model with its classifier (`exportModel` with `classifier`), trained on the same classes: the network learns what it
   * says of the same crops (`recipe.distillation`). Default: none.
   */
  readonly teacher?: string | undefined;
  /** A whole number. Default 1. */
  readonly seed?: number | undefined;
  /** Epochs between validations. Default a tenth of all, at least 1. */
  readonly validateEvery?: number | undefined;
  /** Leave out unreadable pictures instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
}

/** Where and how a run is done: nothing of its result. */
export interface TrainOptions {
  /** The run folder. */
  readonly out: string;
  /** Go on where the run in `out` stopped; where there is none, start it. Default false. */
  readonly resume?: boolean | undefined;
  readonly provider?: ProviderChoice | undefined;
  /** Threads of ONNX Runtime. Default: all cores. Another number may change the last bits of the result. */
  readonly threads?: number | undefined;
  /** Steps that one call of ONNX Runtime takes. Default 8 on CUDA, else 1. */
  readonly stepsPerCall?: number | undefined;
  /** Threads that make batches. Default 1. */
  readonly workers?: number | undefined;
  /** Where resized pictures are kept. Default `auto`. */
  readonly cache?: CacheMode | undefined;
  /** Most seconds between two checkpoints. Default 300; one is written after every epoch too. */
  readonly checkpointSeconds?: number | undefined;
  /** Ends the run after the step that is under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: ((done: number, total: number) => void) | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEvaluate?: ((done: number, total: number) => void) | undefined;
  readonly onValidation?: ((epoch: number, results: readonly ValidationResult[]) => void) | undefined;
  readonly log?: Logger | undefined;
}

/** How a run ended. */
export interface TrainResult {
  readonly folder: string;
  readonly steps: number;
  /** The best mean Recall@1 (cosine, 0 to 1) of the validations, and after how many epochs; null without validation. */
  readonly best: Position['best'];
  /** Pictures left out as unreadable. */
  readonly skipped: number;
}

const start: Position = { step: 0, epoch: 0, batch: 0, validatedEpoch: 0, best: null };

/** A file and its hash; where it is gone, what the run recorded of it: a checkpoint has all that came from it. */
async function identified(
  path: string | undefined,
  recorded: RunConfig['weights'] | undefined,
): Promise<RunConfig['weights']> {
  if (path === undefined) return null;
  const whole = resolve(path);
  if (recorded?.path === whole && !existsSync(whole)) return recorded;
  return { path: whole, sha256: await fileHash(whole) };
}

async function configOf(
  options: RunOptions,
  data: TrainingData,
  recorded: RunConfig | undefined,
): Promise<RunConfig> {
  const { architecture, recipe, recipeName, weights, teacher, seed = 1, skipBad = false } = options;
  if (data.classes.length < 2)
    throw new SnapshelfError(
      'source-invalid',
      `All pictures have the label ${data.classes[0]}: there is nothing to tell apart.`,
    );
  return {
    formatVersion: 1,
    architecture,
    recipeName,
    recipe,
    seed,
    sources: options.sources.map((path) => resolve(path)),
    queries: (options.queries ?? []).map((path) => resolve(path)),
    weights: await identified(weights, recorded?.weights),
    teacher: await identified(teacher, recorded?.teacher),
    validateEvery: options.validateEvery ?? Math.max(1, Math.round(recipe.epochs / 10)),
    skipBad,
    classes: data.classes.length,
    images: data.samples.length,
    data: data.hash,
  };
}

/** What differs between a run and what is asked of it now. */
function differences(recorded: RunConfig, asked: RunConfig): string[] {
  return (Object.keys(asked) as (keyof RunConfig)[]).filter(
    (key) => JSON.stringify(recorded[key]) !== JSON.stringify(asked[key]),
  );
}

/** The run's own record wins; what is asked must agree with it. */
function claimFolder(
  folder: RunFolder,
  recorded: RunConfig | undefined,
  asked: RunConfig,
  resume: boolean,
): void {
  // Without a checkpoint there is nothing to lose.
  if (recorded === undefined || !existsSync(folder.last)) return;
  if (!resume)
    throw new SnapshelfError(
      'run-exists',
      `There is a run in ${folder.path} already. Go on with --resume, or choose another --out.`,
    );
  const differing = differences(recorded, asked);
  if (differing.length > 0)
    throw new SnapshelfError(
      'run-exists',
      `The run in ${folder.path} has another ${differing.join(', ')} than what is asked now; a run cannot change on its way.`,
      { details: { differing } },
    );
}

async function openLoader(config: RunConfig, data: TrainingData, options: TrainOptions): Promise<Loader> {
  const { recipe, seed, skipBad } = config;
  const { batch, imagesPerLabel } = recipe;
  if (data.samples.length < batch)
    throw new SnapshelfError(
      'source-invalid',
      `${data.samples.length} pictures are fewer than one batch of ${batch}: take a smaller --batch, or more pictures.`,
    );
  const sampler = (epoch: number, labels: Int32Array): Int32Array[] =>
    labelBatches(labels, batch / (imagesPerLabel ?? 1), imagesPerLabel ?? 1, seed, epoch);
  const { workers, cache, onRead } = options;
  return Loader.open(data.samples, {
    transform: transformOf(recipe),
    batch,
    seed,
    workers,
    cache,
    cacheDir: join(options.out, 'cache'),
    skipBad,
    signal: options.signal,
    onProgress: onRead,
    ...(imagesPerLabel !== null && { sampler }),
  });
}

/** The position and state to go on from. */
async function resumed(
  folder: RunFolder,
  step: Step,
  config: RunConfig,
): Promise<{ state: Map<string, Float32Array>; position: Position }> {
  const checkpoint = await readCheckpoint(folder.last, step.state);
  const fresh = async () => ({
    state: await initialState(step, config.architecture, config.weights?.path, config.seed),
    position: start,
  });
  const found = checkpoint ?? (await fresh());
  if (checkpoint === undefined) await folder.clearLog();
  else await folder.cutLog(found.position);
  return found;
}

async function run(
  config: RunConfig,
  data: TrainingData,
  folder: RunFolder,
  options: TrainOptions,
): Promise<TrainResult> {
  const { architecture, recipe } = config;
  const { log = silentLogger, provider, threads, stepsPerCall, signal, checkpointSeconds = 300 } = options;
  await using loader = await openLoader(config, data, options);
  for (const { path, reason } of loader.skipped) log.warn(`left out ${path}: ${reason}`);
  const { teacher: taughtBy, classes } = config;
  const where = { provider, threads, log };
  await using teacher =
    taughtBy === null ? null : await Teacher.open(taughtBy.path, { size: recipe.size, classes, ...where });
  const taught = stepOptionsOf(architecture, recipe, classes, teacher !== null);
  const step = buildStep({ ...taught, ...(await machineOf(provider)) });
  const { state, position } = await resumed(folder, step, config);
  await using stepper = await Stepper.open(step, state, { ...where, stepsPerCall });
  await folder.writeConfig(config);
  const { provider: runsOn } = stepper.decision;
  await folder.append({
    kind: position.step === 0 ? 'start' : 'resume',
    step: position.step,
    provider: runsOn,
    images: loader.count,
    skipped: loader.skipped.length,
    classes: config.classes,
    cache: loader.cache,
  });
  const validator = new Validator({
    folder,
    step,
    validations: data.validations,
    evaluation: {
      architecture,
      network: networkOptionsOf(recipe),
      preprocessing: testPreprocessing(recipe),
      provider,
      threads,
      signal,
      skipBad: config.skipBad,
      log,
      onProgress: options.onEvaluate,
    },
    epochs: recipe.epochs,
    every: config.validateEvery,
    onValidation: options.onValidation,
  });
  const trainer = new Trainer({
    folder,
    config,
    step,
    loader,
    stepper,
    validator,
    teacher: teacher ?? undefined,
    position,
    checkpointSeconds,
    signal,
    onStep: options.onStep,
  });
  await trainer.run();
  const { best, step: steps } = trainer.position;
  await folder.append({ kind: 'end', step: steps, best });
  return { folder: folder.path, steps, best, skipped: loader.skipped.length };
}

/**
 * Trains a network, or goes on with a run that was stopped or killed: the result is that of an uninterrupted run, bit
 * for bit on the same machine with the same number of threads. The run folder gets `run.json` (what was asked),
 * `log.jsonl`, `last.safetensors` (state and position) and, where there is a validation, `best.safetensors` (weights).
 *
 * Blocks the calling thread for the length of each step; a server should run it in a process of its own.
 * @throws RangeError for options out of range; SnapshelfError `source-invalid`, `weights-*`, `run-exists`, `run-invalid`,
 * `run-busy`, `training-diverged`, `disk-full`, `provider-unavailable`; the signal's reason when it aborts, after a checkpoint.
 */
export async function train(asked: RunOptions, options: TrainOptions): Promise<TrainResult> {
  const folder = new RunFolder(resolve(options.out));
  const data = await readTrainingData(asked.sources, asked.queries ?? []);
  await mkdir(folder.path, { recursive: true });
  using _lock = new RunLock(folder.path);
  const recorded = await folder.readConfig();
  const config = await configOf(asked, data, recorded);
  claimFolder(folder, recorded, config, options.resume ?? false);
  await folder.removeTemporaries();
  // Awaited here: the lock holds until it is over.
  return await run(config, data, folder, options);
}

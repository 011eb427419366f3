import type { Loader } from '../../datasets/index.ts';
import { silentLogger } from '../../log.ts';
import type { TrainingData } from '../data/training-data.ts';
import { openLoader } from '../data/training-loader.ts';
import { networkOptionsOf, stepOptionsOf, testPreprocessing } from '../recipe/recipe-options.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';
import { type Position, readCheckpoint } from '../run/checkpoint.ts';
import type { RunConfig } from '../run/run-config.ts';
import type { RunFolder } from '../run/run-folder.ts';
import { deviceOptions } from '../step/device.ts';
import { initialState } from '../step/initial-state.ts';
import { buildStep, type Step } from '../step/step-graph.ts';
import { type State, StepSession, type StepSessionOptions } from '../step/step-session.ts';
import { Teacher } from '../teacher/teacher.ts';
import type { TrainOptions } from '../train-options.ts';
import { Validator, type ValidatorOptions } from '../validate/validator.ts';
import { TrainingLoop } from './training-loop.ts';

/** Epochs with pictures of one size, and so with one graph. */
export interface Stage {
  /** Side of the training pictures in pixels. */
  readonly size: number;
  /** Epochs of the run that are done after it. */
  readonly until: number;
}

/** What all phases of a run have in common. */
export interface RunContext {
  readonly config: RunConfig;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  readonly options: TrainOptions;
}

/** Where a run stands. */
export interface StageResult {
  readonly state: State;
  readonly position: Position;
  /** Pictures left out as unreadable. */
  readonly skipped: number;
}

const start: Position = { step: 0, epoch: 0, batch: 0, validatedEpoch: 0, best: null };

/** The phases of a recipe: small pictures first, where it says so. */
export function stagesOf({ progressive, size, epochs }: Recipe): Stage[] {
  let until = 0;
  const early = progressive.map((phase) => {
    until += phase.epochs;
    return { size: phase.size, until };
  });
  return [...early, { size, until: epochs }];
}

/** The position and state on the disk, or those before the first step. */
async function recorded({ folder, config }: RunContext, step: Step): Promise<Omit<StageResult, 'skipped'>> {
  const checkpoint = await readCheckpoint(folder.last, step.state);
  if (checkpoint !== undefined) {
    await folder.cutLog(checkpoint.position);
    return checkpoint;
  }
  await folder.clearLog();
  const state = await initialState(step, config.architecture, config.weights?.path, config.seed);
  return { state, position: start };
}

/** What a validator needs to know of the run. */
function validatorOptions({ config, data, folder, options }: RunContext, step: Step): ValidatorOptions {
  const { recipe, architecture, skipBad } = config;
  const { provider, threads, signal, log, onEvaluate, onValidation } = options;
  const network = networkOptionsOf(recipe);
  const preprocessing = testPreprocessing(recipe);
  return {
    folder,
    step,
    validations: data.validations,
    evaluation: {
      ...{ architecture, network, preprocessing, provider, threads, signal, skipBad, log },
      onProgress: onEvaluate,
    },
    epochs: recipe.epochs,
    every: config.validateEvery,
    onValidation,
  };
}

interface Opened {
  readonly loader: Loader;
  readonly stepper: StepSession;
  readonly position: Position;
  readonly size: number;
}

/** Says in the log what goes on from here, and how. */
async function record({ config, folder }: RunContext, opened: Opened, isFirst: boolean): Promise<void> {
  const { loader, stepper, position, size } = opened;
  const begun = position.step === 0 ? 'start' : 'resume';
  await folder.append({
    kind: isFirst ? begun : 'phase',
    step: position.step,
    size,
    provider: stepper.decision.provider,
    images: loader.count,
    skipped: loader.skipped.length,
    classes: config.classes,
    cache: loader.cache,
  });
}

const openTeacher = async (
  { teacher, classes, labels }: RunConfig,
  size: number,
  where: StepSessionOptions,
): Promise<Teacher | null> =>
  teacher === null ? null : await Teacher.open(teacher.path, { size, classes, labels, ...where });

/**
 * Trains the epochs of one phase.
 * @param before where the phase before ended; undefined: what the run folder says.
 */
export async function runStage(
  parts: RunContext,
  phase: Stage,
  before: StageResult | undefined,
): Promise<StageResult> {
  const { config, folder, options } = parts;
  const { log = silentLogger, provider, threads, stepsPerCall, signal, checkpointSeconds = 300 } = options;
  const where = { provider, threads, log };
  // Before the loader, which reads all pictures: a teacher that does not fit is told at once.
  const cropSize = phase.size * (config.teacher === null ? 1 : config.recipe.teacherScale);
  await using teacher = await openTeacher(config, cropSize, where);
  await using loader = await openLoader(parts, cropSize);
  if (before === undefined)
    for (const { path, reason } of loader.skipped) log.warn(`left out ${path}: ${reason}`);
  const asked = stepOptionsOf(config.architecture, config.recipe, config.classes, teacher?.dimension);
  const step = buildStep({ ...asked, ...(await deviceOptions(provider)), size: phase.size });
  const { state, position } = before ?? (await recorded(parts, step));
  await using stepper = await StepSession.open(step, state, { ...where, stepsPerCall });
  if (before === undefined) await folder.writeConfig(config);
  await record(parts, { loader, stepper, position, size: phase.size }, before === undefined);
  const trainer = new TrainingLoop({
    ...{ folder, config, step, loader, stepper, position, checkpointSeconds, signal },
    validator: new Validator(validatorOptions(parts, step)),
    teacher: teacher ?? undefined,
    onStep: options.onStep,
  });
  await trainer.run(phase.until);
  return { state: stepper.state, position: trainer.position, skipped: loader.skipped.length };
}

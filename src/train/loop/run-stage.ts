import { balancedWeights } from '../data/class-weights.ts';
import { openLoader } from '../data/training-loader.ts';
import { stepOptionsOf } from '../recipe/recipe-options.ts';
import { type Position, readCheckpoint } from '../run/checkpoint.ts';
import type { RunContext } from '../run-context.ts';
import { deviceOptions } from '../step/device.ts';
import { initialState } from '../step/initial-state.ts';
import { buildStep, type Step } from '../step/step-graph.ts';
import { type State, StepSession } from '../step/step-session.ts';
import { Teacher } from '../teacher/teacher.ts';
import { logBaselines } from '../validate/baselines.ts';
import { Validator } from '../validate/validator.ts';
import { announce } from './announce.ts';
import type { Stage } from './curriculum.ts';
import { marginAdvice } from './margin-advice.ts';
import { TrainingLoop } from './training-loop.ts';

/** The state and position of a run between two steps. */
export interface RunState {
  readonly state: State;
  readonly position: Position;
}

/** The outcome of a stage. */
export interface StageResult extends RunState {
  /** Pictures left out because they cannot be read. */
  readonly skipped: number;
  /** True if no further stage is to be trained. */
  readonly isOver: boolean;
}

const start: Position = {
  step: 0,
  epoch: 0,
  batch: 0,
  validatedEpoch: 0,
  best: null,
  unlogged: { steps: 0, sum: 0 },
};

/** The side in pixels of the crops of a stage, which a teacher may see larger than the network does. */
const cropSizeOf = ({ config }: RunContext, { size }: Stage): number =>
  size * (config.teacher === null ? 1 : config.recipe.teacherScale);

async function openTeacher({ config, options }: RunContext, size: number): Promise<Teacher | null> {
  const { teacher, classes, labels } = config;
  const { provider, threads, log } = options;
  if (teacher === null) return null;
  return await Teacher.open(teacher.path, { size, classes, labels, provider, threads, log });
}

async function buildStageStep(
  { config, options }: RunContext,
  { size }: Stage,
  teacher: Teacher | null,
  labels: Int32Array,
): Promise<Step> {
  const { architecture, recipe, classes } = config;
  const weights = recipe.classWeights === 'balanced' ? balancedWeights(labels, classes) : undefined;
  const asked = stepOptionsOf(architecture, recipe, classes, teacher?.dimension, weights);
  return buildStep({ ...asked, ...(await deviceOptions(options.provider)), size });
}

/** Reads the last checkpoint, or makes the state before the first step if there is none. */
async function recordedState({ folder, config, options }: RunContext, step: Step): Promise<RunState> {
  const checkpoint = await readCheckpoint(folder.last, step.state);
  if (checkpoint !== undefined) {
    await folder.log.cutAfter(checkpoint.position);
    return checkpoint;
  }
  await folder.log.clear();
  const { architecture, weights, seed } = config;
  const state = await initialState(step, architecture, weights?.path, seed, options.log);
  return { state, position: start };
}

/**
 * Trains the epochs of one stage.
 * @param before the outcome of the stage before; undefined for the first one of this process, which goes on where the
 * run folder says
 * @throws SnapshelfError as `train`; the signal's reason when it aborts, after a checkpoint.
 */
export async function runStage(
  context: RunContext,
  stage: Stage,
  before: RunState | undefined,
): Promise<StageResult> {
  const { provider, threads, stepsPerCall, log } = context.options;
  const { size } = stage;
  // Before the loader, which reads all pictures: a teacher that does not fit is refused at once.
  await using teacher = await openTeacher(context, cropSizeOf(context, stage));
  await using loader = await openLoader(context, cropSizeOf(context, stage));
  const step = await buildStageStep(context, stage, teacher, loader.labels);
  const { state, position } = before ?? (await recordedState(context, step));
  await using session = await StepSession.open(step, state, { provider, threads, log, stepsPerCall });
  await announce(context, { size, loader, session, position }, before === undefined);
  if (position.step === 0) {
    for (const advice of await marginAdvice(context, loader, cropSizeOf(context, stage), state))
      log?.warn(advice);
    await logBaselines(context, step);
  }
  const validator = new Validator(context, step);
  const loop = new TrainingLoop({ ...context, step, loader, session, validator, teacher, position });
  await loop.run(stage.until);
  return {
    state: session.state,
    position: loop.position,
    skipped: loader.skipped.length,
    isOver: loop.isOutOfPatience,
  };
}

import type { Loader } from '../../datasets/index.ts';
import { silentLogger } from '../../log.ts';
import { scheduleOf } from '../../optim/index.ts';
import { thisMachine } from '../../runtime/index.ts';
import { counted } from '../../text.ts';
import { picturesPerLabel } from '../data/completed-recipe.ts';
import { unusedSettings } from '../recipe/loss-fields.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';
import type { Position } from '../run/checkpoint.ts';
import { withCall } from '../run/run-config.ts';
import type { RunContext } from '../run-context.ts';
import type { StepSession } from '../step/step-session.ts';

/** The parts of a stage that are recorded and told. */
interface Opened {
  readonly size: number;
  readonly loader: Loader;
  readonly session: StepSession;
  readonly position: Position;
}

/** Logs that a run starts, goes on, or comes to its next stage. */
async function logStart({ config, folder }: RunContext, opened: Opened, isFirst: boolean): Promise<void> {
  const { size, loader, session, position } = opened;
  const begun = position.step === 0 ? 'start' : 'resume';
  await folder.log.append({
    kind: isFirst ? begun : 'phase',
    step: position.step,
    size,
    provider: session.decision.provider,
    images: loader.count,
    skipped: loader.skipped.length,
    classes: config.classes,
    cache: loader.cache,
  });
}

async function recordCall(
  { config, folder, options }: RunContext,
  { session, position: { step } }: Opened,
): Promise<void> {
  const { memoryGiB: _, ...machine } = thisMachine();
  const { provider } = session.decision;
  const call = { started: new Date().toISOString(), step, command: options.command ?? null };
  await folder.writeConfig(withCall(config, { ...call, ...machine, provider }));
}

/** A warning about a learning rate that never gets where the recipe says. */
function shortOfWarmup({ schedule, learningRate }: Recipe, steps: number): string[] {
  if (schedule.kind !== 'cosine' || schedule.warmup < steps) return [];
  const factor = scheduleOf(schedule);
  let most = 0;
  for (let step = 0; step < steps; step += 1) most = Math.max(most, factor(step, steps));
  const reached =
    most < 1
      ? `rises to ${(most * learningRate).toPrecision(2)}, not to ${learningRate}`
      : `reaches ${learningRate} only in the last step`;
  return [
    `The warm-up of ${counted(schedule.warmup, 'step')} is no shorter than the run of ${counted(steps, 'step')}: the learning rate ${reached}. Set schedule.warmup to a part of the run, or train for more epochs.`,
  ];
}

/** A warning about a teacher of which a part is not learned from. */
function ignoredLogits({ config }: RunContext): string[] {
  const { teacher, recipe } = config;
  if (teacher === null || !unusedSettings(recipe.loss).includes('distillation')) return [];
  return [
    `The loss ${recipe.loss} has no use for the teacher's logits, which are ignored: only the similarities of its embeddings count. Add cross-entropy to the loss to learn from both.`,
  ];
}

function tell(context: RunContext, opened: Opened): void {
  const { config, data, options } = context;
  const { loader, position } = opened;
  const { step, epoch, best } = position;
  const { recipe, classes } = config;
  const steps = recipe.epochs * loader.batchesIn(0);
  const { log = silentLogger, onStart } = options;
  for (const { path, reason } of loader.skipped) log.warn(`left out ${path}: ${reason}`);
  if (step === 0)
    for (const warning of [...shortOfWarmup(recipe, steps), ...ignoredLogits(context)]) log.warn(warning);
  const validated = data.validations.reduce(
    (sum, { queries, gallery }) => sum + queries.length + (gallery?.length ?? 0),
    0,
  );
  const { epochs, imagesPerLabel } = recipe;
  const least = imagesPerLabel ?? 0;
  onStart?.({
    step,
    steps,
    epoch: epoch + 1,
    epochs,
    best,
    images: loader.count,
    classes,
    imagesPerLabel,
    repeatedLabels: picturesPerLabel(data).filter((count) => count < least).length,
    validated,
  });
}

/**
 * Records in the run folder that a stage begins; the first one of a process is told to the caller too.
 * @throws SnapshelfError `disk-full`, `not-writable`.
 */
export async function announce(context: RunContext, opened: Opened, isFirst: boolean): Promise<void> {
  if (isFirst) await recordCall(context, opened);
  await logStart(context, opened, isFirst);
  if (isFirst) tell(context, opened);
}

import type { Batch, Loader } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type Schedule, scheduleOf } from '../../optim/index.ts';
import { type Position, writeCheckpoint } from '../run/checkpoint.ts';
import type { RunContext } from '../run-context.ts';
import { dropoutMask } from '../step/dropout.ts';
import type { Step } from '../step/step-graph.ts';
import type { StepFeed, StepSession } from '../step/step-session.ts';
import type { Teacher } from '../teacher/teacher.ts';
import type { Validator } from '../validate/validator.ts';
import { LossWatch } from './loss-watch.ts';

/** A run and the parts that its training loop works with. */
export interface TrainingLoopDependencies extends RunContext {
  readonly step: Step;
  readonly loader: Loader;
  readonly session: StepSession;
  readonly validator: Validator;
  /** Null: there is none. */
  readonly teacher: Teacher | null;
  readonly position: Position;
}

/** Steps between two lines of the log. */
const logEvery = 10;

/** The loop of a run: steps, checkpoints, validations, from a position on. */
export class TrainingLoop {
  readonly #dependencies: TrainingLoopDependencies;
  readonly #schedule: Schedule;
  readonly #batchesPerEpoch: number;
  #position: Position;
  #speed = 0;
  #lap = performance.now();
  #saved = performance.now();
  #hasSaved = false;
  readonly #watch: LossWatch;

  constructor(dependencies: TrainingLoopDependencies) {
    const { position, loader, config } = dependencies;
    this.#dependencies = dependencies;
    this.#position = position;
    this.#hasSaved = position.step > 0;
    this.#batchesPerEpoch = loader.batchesIn(0);
    this.#schedule = scheduleOf(config.recipe.schedule);
    this.#watch = new LossWatch(dependencies, this.#steps);
  }

  get position(): Position {
    return this.#position;
  }

  /** True if no validation was better than the best one for as long as the recipe's patience lasts. */
  get isOutOfPatience(): boolean {
    const { patience } = this.#dependencies.config.recipe;
    const { best, validatedEpoch } = this.#position;
    return patience !== null && best !== null && validatedEpoch - best.epoch >= patience;
  }

  get #steps(): number {
    return this.#dependencies.config.recipe.epochs * this.#batchesPerEpoch;
  }

  /**
   * Trains until `until` epochs of the run are done, or the recipe's patience is over.
   * @throws SnapshelfError `training-diverged`, `disk-full`, `not-writable`; the signal's reason when it aborts, after a checkpoint.
   */
  async run(until: number): Promise<void> {
    await this.#validate();
    while (this.#position.epoch < until && !this.isOutOfPatience) {
      await this.#epoch();
      await this.#save();
      await this.#validate();
    }
  }

  async #epoch(): Promise<void> {
    const { loader, session } = this.#dependencies;
    const { epoch, batch } = this.#position;
    let waiting: Batch[] = [];
    for await (const next of loader.epoch(epoch, { from: batch })) {
      waiting.push(next);
      if (waiting.length < session.stepsPerCall && next.index + 1 < this.#batchesPerEpoch) continue;
      await this.#runSteps(waiting);
      waiting = [];
      await this.#saveIfDue();
    }
    this.#position = { ...this.#position, epoch: epoch + 1, batch: 0 };
  }

  #learningRate(step: number): number {
    return this.#dependencies.config.recipe.learningRate * this.#schedule(step, this.#steps);
  }

  async #feedOf({ images, labels }: Batch, step: number): Promise<StepFeed> {
    const { config, step: graph } = this.#dependencies;
    const taught = await this.#dependencies.teacher?.infer(images);
    const { dropout, batch } = config.recipe;
    const mask = dropout > 0 ? dropoutMask(batch * graph.dimension, dropout, config.seed, step) : undefined;
    return {
      images,
      labels,
      learningRate: this.#learningRate(step),
      dropout: mask,
      teacher: taught?.logits,
      teacherEmbedding: taught?.embedding,
    };
  }

  async #runSteps(batches: readonly Batch[]): Promise<void> {
    const first = this.#position.step;
    const feeds: StepFeed[] = [];
    for (const [at, batch] of batches.entries()) feeds.push(await this.#feedOf(batch, first + at));
    const losses = await this.#dependencies.session.run(feeds);
    for (const [at, loss] of losses.entries())
      if (!Number.isFinite(loss)) throw this.#diverged(first + at, 'the loss is', String(loss));
    this.#position = {
      ...this.#position,
      step: first + losses.length,
      batch: this.#position.batch + losses.length,
    };
    this.#measure(losses.length);
    await this.#report(losses);
  }

  #diverged(step: number, what: string, value: string): SnapshelfError {
    const rate = this.#learningRate(step);
    const kept = this.#hasSaved ? 'The last good checkpoint is kept' : 'There is no checkpoint yet';
    return new SnapshelfError(
      'training-diverged',
      `At step ${step + 1}, learning rate ${rate.toPrecision(3)}, ${what} ${value}. Try a lower learningRate, or a clipNorm. ${kept}.`,
      { details: { step: step + 1, learningRate: rate } },
    );
  }

  /** Updates the speed, a running mean over about twenty steps. */
  #measure(steps: number): void {
    const now = performance.now();
    const rate = (1000 * steps * this.#dependencies.config.recipe.batch) / (now - this.#lap);
    this.#speed = this.#speed === 0 ? rate : this.#speed + (1 - 0.95 ** steps) * (rate - this.#speed);
    this.#lap = now;
  }

  async #report(losses: readonly number[]): Promise<void> {
    const { folder, options, config } = this.#dependencies;
    const { step, epoch } = this.#position;
    const learningRate = this.#learningRate(step - 1);
    const imagesPerSecond = this.#speed;
    const loss = losses.at(-1) ?? Number.NaN;
    let { steps, sum } = this.#position.unlogged;
    steps += losses.length;
    for (const one of losses) sum += one;
    const isDue = steps >= logEvery || step >= this.#steps;
    this.#position = { ...this.#position, unlogged: isDue ? { steps: 0, sum: 0 } : { steps, sum } };
    options.onStep?.({
      step,
      steps: this.#steps,
      epoch: epoch + 1,
      epochs: config.recipe.epochs,
      loss,
      learningRate,
      imagesPerSecond,
    });
    if (!isDue) return;
    const mean = sum / steps;
    this.#watch.see(step, mean);
    await folder.log.append({
      kind: 'step',
      step,
      epoch: epoch + 1,
      loss: mean,
      learningRate,
      imagesPerSecond,
    });
  }

  /** Saves in the middle of an epoch if that is due, and stops if the signal says so; called between two calls of the runtime. */
  async #saveIfDue(): Promise<void> {
    const { signal, checkpointSeconds = 300 } = this.#dependencies.options;
    const due = performance.now() - this.#saved > 1000 * checkpointSeconds;
    if (due || signal?.aborted) await this.#save();
    signal?.throwIfAborted();
  }

  async #save(): Promise<void> {
    const { folder, session, step } = this.#dependencies;
    const { state } = session;
    for (const [name, numbers] of state)
      if (!numbers.every(Number.isFinite))
        throw this.#diverged(this.#position.step - 1, 'numbers are not finite in', name);
    await writeCheckpoint(folder.last, state, step.state, this.#position);
    this.#saved = performance.now();
    this.#hasSaved = true;
    this.#lap = performance.now();
  }

  /** Validates if that is due. A checkpoint lies before and after: a validation is long, and may be interrupted. */
  async #validate(): Promise<void> {
    const { validator, session } = this.#dependencies;
    const validated = await validator.run(this.#position, session.state);
    if (validated === this.#position) return;
    this.#position = validated;
    await this.#save();
  }
}

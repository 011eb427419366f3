import type { Batch, Loader } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type Schedule, scheduleOf } from '../../optim/index.ts';
import { type Position, writeCheckpoint } from '../run/checkpoint.ts';
import type { RunConfig } from '../run/run-config.ts';
import type { RunFolder } from '../run/run-folder.ts';
import { dropoutMask } from '../step/dropout.ts';
import type { Step } from '../step/step-graph.ts';
import type { StepFeed, StepSession } from '../step/step-session.ts';
import type { Teacher } from '../teacher/teacher.ts';
import type { Validator } from '../validate/validator.ts';

/** How far a run is. */
export interface StepProgress {
  /** Steps done, of how many. */
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the last batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** Of the last steps, without validations and checkpoints. */
  readonly imagesPerSecond: number;
}

/** What a run is made of. */
export interface TrainingLoopDependencies {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly step: Step;
  readonly loader: Loader;
  readonly stepper: StepSession;
  readonly validator: Validator;
  readonly teacher?: Teacher | undefined;
  readonly position: Position;
  /** Most seconds between two checkpoints; one is written after every epoch too. */
  readonly checkpointSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
}

/** Steps between two lines of the log. */
const logEvery = 10;

/** The loop of a run: steps, checkpoints, validations, from a position on. */
export class TrainingLoop {
  readonly #parts: TrainingLoopDependencies;
  readonly #schedule: Schedule;
  readonly #batchesPerEpoch: number;
  #position: Position;
  /** Of the steps since the last line of the log. */
  #losses: number[] = [];
  #speed = 0;
  #lap = performance.now();
  #saved = performance.now();
  #hasSaved = false;

  constructor(parts: TrainingLoopDependencies) {
    this.#parts = parts;
    this.#position = parts.position;
    this.#hasSaved = parts.position.step > 0;
    this.#batchesPerEpoch = parts.loader.batchesIn(0);
    this.#schedule = scheduleOf(parts.config.recipe.schedule);
  }

  get position(): Position {
    return this.#position;
  }

  get #steps(): number {
    return this.#parts.config.recipe.epochs * this.#batchesPerEpoch;
  }

  /**
   * Trains until so many epochs of the run are done.
   * @throws SnapshelfError `training-diverged`, `disk-full`; the signal's reason when it aborts, after a checkpoint.
   */
  async run(until: number): Promise<void> {
    await this.#validate();
    while (this.#position.epoch < until) {
      await this.#epoch();
      await this.#save();
      await this.#validate();
    }
  }

  async #epoch(): Promise<void> {
    const { loader, stepper } = this.#parts;
    const { epoch, batch } = this.#position;
    let waiting: Batch[] = [];
    for await (const next of loader.epoch(epoch, { from: batch })) {
      waiting.push(next);
      if (waiting.length < stepper.stepsPerCall && next.index + 1 < this.#batchesPerEpoch) continue;
      await this.#steppedThrough(waiting);
      waiting = [];
      await this.#pause();
    }
    this.#position = { ...this.#position, epoch: epoch + 1, batch: 0 };
  }

  #learningRate(step: number): number {
    return this.#parts.config.recipe.learningRate * this.#schedule(step, this.#steps);
  }

  async #feedOf({ images, labels }: Batch, step: number): Promise<StepFeed> {
    const { config, step: graph } = this.#parts;
    const said = await this.#parts.teacher?.infer(images);
    const { dropout, batch } = config.recipe;
    const mask = dropout > 0 ? dropoutMask(batch * graph.dimension, dropout, config.seed, step) : undefined;
    return {
      images,
      labels,
      learningRate: this.#learningRate(step),
      dropout: mask,
      teacher: said?.logits,
      teacherEmbedding: said?.embedding,
    };
  }

  async #steppedThrough(batches: readonly Batch[]): Promise<void> {
    const first = this.#position.step;
    const feeds: StepFeed[] = [];
    for (const [at, batch] of batches.entries()) feeds.push(await this.#feedOf(batch, first + at));
    const losses = await this.#parts.stepper.run(feeds);
    for (const [at, loss] of losses.entries())
      if (!Number.isFinite(loss)) throw this.#diverged(`The loss is ${loss}`, first + at);
    this.#position = {
      ...this.#position,
      step: first + losses.length,
      batch: this.#position.batch + losses.length,
    };
    this.#measure(losses.length);
    await this.#tell(losses);
  }

  #diverged(what: string, step: number): SnapshelfError {
    const rate = this.#learningRate(step);
    return new SnapshelfError(
      'training-diverged',
      `${what} at step ${step + 1}, learning rate ${rate.toPrecision(3)}. Try a lower --lr, or --clip-norm; ${this.#hasSaved ? 'the last good checkpoint is kept' : 'there is no checkpoint yet'}.`,
      { details: { step: step + 1, learningRate: rate } },
    );
  }

  /** A running mean over some twenty steps. */
  #measure(steps: number): void {
    const now = performance.now();
    const rate = (1000 * steps * this.#parts.config.recipe.batch) / (now - this.#lap);
    this.#speed = this.#speed === 0 ? rate : this.#speed + (1 - 0.95 ** steps) * (rate - this.#speed);
    this.#lap = now;
  }

  async #tell(losses: readonly number[]): Promise<void> {
    const { folder, onStep, config } = this.#parts;
    const { step, epoch } = this.#position;
    const learningRate = this.#learningRate(step - 1);
    const imagesPerSecond = this.#speed;
    const loss = losses.at(-1) ?? Number.NaN;
    this.#losses.push(...losses);
    onStep?.({
      step,
      steps: this.#steps,
      epoch: epoch + 1,
      epochs: config.recipe.epochs,
      loss,
      learningRate,
      imagesPerSecond,
    });
    if (this.#losses.length < logEvery && step < this.#steps) return;
    const mean = this.#losses.reduce((sum, value) => sum + value, 0) / this.#losses.length;
    this.#losses = [];
    await folder.append({ kind: 'step', step, epoch: epoch + 1, loss: mean, learningRate, imagesPerSecond });
  }

  /** Between two calls of the runtime: whether to stop, or to save in the middle of an epoch. */
  async #pause(): Promise<void> {
    const { signal, checkpointSeconds } = this.#parts;
    const due = performance.now() - this.#saved > 1000 * checkpointSeconds;
    if (due || signal?.aborted) await this.#save();
    signal?.throwIfAborted();
  }

  async #save(): Promise<void> {
    const { folder, stepper, step } = this.#parts;
    const { state } = stepper;
    for (const [name, numbers] of state)
      if (!numbers.every(Number.isFinite))
        throw this.#diverged(`${name} has numbers that are not finite`, this.#position.step - 1);
    await writeCheckpoint(folder.last, state, step.state, this.#position);
    this.#saved = performance.now();
    this.#hasSaved = true;
    this.#lap = performance.now();
  }

  /** A checkpoint lies before and after a validation: it is long, and may be interrupted. */
  async #validate(): Promise<void> {
    const { validator, stepper } = this.#parts;
    const validated = await validator.run(this.#position, stepper.state);
    if (validated === this.#position) return;
    this.#position = validated;
    await this.#save();
  }
}

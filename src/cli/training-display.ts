import { SingleBar } from 'cli-progress';
import type { StepProgress, TrainOptions, ValidationResult } from '../train/index.ts';
import { percent } from './evaluation-table.ts';
import { type Progress, showProgress } from './progress.ts';

const secondsBetweenLines = 10;

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.ceil(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function figures(progress: StepProgress, batch: number): Record<string, string> {
  const { loss, learningRate, imagesPerSecond, step, steps, epoch, epochs } = progress;
  const left = ((steps - step) * batch) / imagesPerSecond;
  return {
    epoch: `${epoch}/${epochs}`,
    loss: loss.toFixed(3),
    rate: learningRate.toExponential(2),
    speed: imagesPerSecond.toFixed(1),
    left: duration(left),
  };
}

/** Shows a training run on the standard error: a bar on a terminal, a plain line every few seconds elsewhere. */
export class TrainingDisplay {
  #bar: SingleBar | undefined;
  #work: Progress | undefined;
  #printed = 0;
  readonly #batch: number;

  constructor(batch: number) {
    this.#batch = batch;
  }

  /** Callbacks for `train`. */
  readonly events: Pick<TrainOptions, 'onRead' | 'onStep' | 'onEvaluate' | 'onValidation'> = {
    onRead: (done, total) => this.#show('reading pictures', done, total),
    onStep: (progress) => this.#step(progress),
    onEvaluate: (done, total) => this.#show('validating', done, total),
    onValidation: (epoch, results) => this.#validation(epoch, results),
  };

  stop(): void {
    this.#work?.stop();
    this.#work = undefined;
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #show(title: string, done: number, total: number): void {
    if (this.#work === undefined) {
      this.stop();
      this.#work = showProgress(title, total);
    }
    this.#work.update(done);
    if (done !== total) return;
    this.#work.stop();
    this.#work = undefined;
  }

  #step(progress: StepProgress): void {
    if (process.stderr.isTTY) this.#drawBar(progress);
    else this.#printLine(progress);
  }

  #drawBar(progress: StepProgress): void {
    const shown = figures(progress, this.#batch);
    if (this.#bar === undefined) {
      const format =
        'training [{bar}] {percentage}% | epoch {epoch} | loss {loss} | lr {rate} | {speed} images/s | {left} left';
      this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
      this.#bar.start(progress.steps, progress.step, shown);
    }
    this.#bar.update(progress.step, shown);
  }

  #printLine(progress: StepProgress): void {
    const now = performance.now();
    if (now - this.#printed < 1000 * secondsBetweenLines && progress.step < progress.steps) return;
    this.#printed = now;
    const { epoch, loss, rate, speed, left } = figures(progress, this.#batch);
    process.stderr.write(
      `epoch ${epoch}, step ${progress.step}/${progress.steps}: loss ${loss}, lr ${rate}, ${speed} images/s, ${left} left\n`,
    );
  }

  #validation(epoch: number, results: readonly ValidationResult[]): void {
    this.stop();
    for (const { name, cosine, l2 } of results)
      process.stderr.write(
        `epoch ${epoch}, ${name}: Recall@1 ${percent(cosine)} cosine, ${percent(l2)} L2\n`,
      );
  }
}

import { SingleBar } from 'cli-progress';
import type { Logger } from '../log.ts';
import { counted } from '../text.ts';
import type { Recipe, RunStart, StepProgress, TrainOptions, ValidationResult } from '../train/index.ts';
import { percent } from './evaluation-table.ts';
import { loggerBeside, type Progress, showProgress } from './progress.ts';

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

/** A line about batches of some labels with some pictures each. */
function describeBatches({ imagesPerLabel, repeatedLabels }: RunStart, batch: number): string[] {
  if (imagesPerLabel === null) return [];
  const repeated =
    repeatedLabels === 0
      ? ''
      : `; ${counted(repeatedLabels, 'label')} with fewer ${repeatedLabels === 1 ? 'has' : 'have'} theirs repeated`;
  return [
    `each batch has ${counted(batch / imagesPerLabel, 'label')} with ${counted(imagesPerLabel, 'picture')} each (imagesPerLabel)${repeated}`,
  ];
}

/** Shows a training run on the standard error: a bar on a terminal, a plain line every few seconds elsewhere. */
export class TrainingDisplay {
  #bar: SingleBar | undefined;
  #work: Progress | undefined;
  #printed = 0;
  #isEnding = false;
  readonly #recipe: Recipe;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
  }

  /** Callbacks for `train`. */
  readonly events: Pick<TrainOptions, 'onStart' | 'onRead' | 'onStep' | 'onEvaluate' | 'onValidation'> = {
    onStart: (start) => this.#start(start),
    onRead: (done, total) => this.#show('reading pictures', done, total),
    onStep: (progress) => this.#step(progress),
    onEvaluate: (done, total) => this.#show('validating', done, total),
    onValidation: (epoch, results) => this.#validation(epoch, results),
  };

  /** A logger whose lines do not fall into a bar. */
  logger(log: Logger): Logger {
    return loggerBeside(this, log);
  }

  /** Says that the run ends as soon as it can: a step that has begun takes its time. */
  ending(): void {
    const isStep = this.#work === undefined;
    this.stop();
    this.#isEnding = true;
    const what = isStep ? 'stopping after this step' : 'stopping';
    process.stderr.write(`${what}; a second Ctrl-C ends at once, with the last checkpoint\n`);
  }

  stop(): void {
    this.#work?.stop();
    this.#work = undefined;
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #show(title: string, done: number, total: number): void {
    if (this.#isEnding) return;
    if (this.#work === undefined) {
      this.stop();
      this.#work = showProgress(title, total);
    }
    this.#work.update(done);
    if (done !== total) return;
    this.#work.stop();
    this.#work = undefined;
  }

  #start(start: RunStart): void {
    this.stop();
    const { step, steps, epoch, epochs, best, images, classes, validated } = start;
    const { size, testSize, batch } = this.#recipe;
    const known =
      best === null
        ? ''
        : `, best Recall@1 so far ${percent(best.recall)} after ${counted(best.epoch, 'epoch')}`;
    const lines = [
      `trains on ${counted(images, 'picture')} of ${counted(classes, 'label')} at ${size} pixels, ${counted(steps, 'step')} in ${counted(epochs, 'epoch')}`,
      ...describeBatches(start, batch),
      validated === 0
        ? 'validates on nothing: --hold-out 0.1 holds a tenth of each label out, --query names other pictures'
        : `validates on ${counted(validated, 'picture')} at ${testSize} pixels`,
    ];
    if (step > 0)
      lines.push(
        `goes on after step ${step} of ${steps}, in epoch ${Math.min(epoch, epochs)} of ${epochs}${known}`,
      );
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  }

  #step(progress: StepProgress): void {
    if (this.#isEnding) return;
    if (process.stderr.isTTY) this.#drawBar(progress);
    else this.#printLine(progress);
  }

  #drawBar(progress: StepProgress): void {
    const shown = figures(progress, this.#recipe.batch);
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
    const { epoch, loss, rate, speed, left } = figures(progress, this.#recipe.batch);
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

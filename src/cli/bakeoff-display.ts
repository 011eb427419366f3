import { SingleBar } from 'cli-progress';
import type { BakeoffProgress } from '../bakeoff/index.ts';
import type { Logger } from '../log.ts';
import { counted } from '../text.ts';
import { loggerBeside, timeLeft } from './progress.ts';

const secondsBetweenLines = 30;

/** Shows how far a bake-off is: a bar on a terminal, a plain line every half minute and for every job elsewhere. */
export class BakeoffDisplay {
  #bar: SingleBar | undefined;
  #job = '';
  #printed = 0;
  readonly #started = performance.now();

  readonly update = (progress: BakeoffProgress): void => {
    const { done, total, worked, number, jobs, job } = progress;
    const elapsed = performance.now() - this.#started;
    const shown = {
      job: `${number}/${jobs} ${job.id}`,
      speed: ((1000 * worked) / elapsed).toFixed(1),
      left: timeLeft(worked, worked + total - done, elapsed),
    };
    if (process.stderr.isTTY) this.#draw(done, total, shown);
    else this.#print(done, total, shown);
  };

  /** A logger whose lines do not fall into a bar. */
  logger(log: Logger): Logger {
    return loggerBeside(this, log);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(done: number, total: number, shown: Readonly<Record<string, string>>): void {
    if (this.#bar === undefined) {
      const format = 'bake-off [{bar}] {percentage}% | job {job} | {speed} images/s | {left} left';
      this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
      this.#bar.start(total, done, shown);
    }
    this.#bar.update(done, shown);
  }

  #print(done: number, total: number, { job, speed, left }: Readonly<Record<string, string>>): void {
    const now = performance.now();
    const isNew = job !== this.#job;
    if (!isNew && now - this.#printed < 1000 * secondsBetweenLines) return;
    this.#job = job ?? '';
    this.#printed = now;
    process.stderr.write(
      `job ${job}: ${done}/${counted(total, 'image')} in all, ${speed} images/s, ${left} left\n`,
    );
  }
}

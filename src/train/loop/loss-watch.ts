import { silentLogger } from '../../log.ts';
import { counted } from '../../text.ts';
import type { RunContext } from '../run-context.ts';

/** A loss of so many times that of guessing is far above it. */
const far = 3;

/**
 * Warns once when the loss is far above that of guessing, ln(classes), with which a run begins: then it does not learn.
 * While the learning rate still rises the loss may jump, but no longer than half of the run.
 */
export class LossWatch {
  readonly #context: RunContext;
  readonly #from: number;
  readonly #guessing: number;
  #isDone: boolean;

  /** @param steps of the whole run */
  constructor(context: RunContext, steps: number) {
    const { recipe, classes, teacher } = context.config;
    const { schedule, temperature, loss } = recipe;
    this.#context = context;
    this.#from = Math.min(schedule.kind === 'cosine' ? schedule.warmup : 0, steps / 2);
    this.#guessing = Math.log(classes);
    // With a teacher the loss has another part; a small divisor makes large losses of small mistakes; other losses have
    // no level of guessing that is known.
    this.#isDone = teacher !== null || temperature < 1 || loss !== 'cross-entropy';
  }

  /** Looks at the mean loss of the steps up to `step`. */
  see(step: number, mean: number): void {
    if (this.#isDone || step <= this.#from || mean <= far * this.#guessing) return;
    this.#isDone = true;
    const { options, config } = this.#context;
    const { log = silentLogger } = options;
    log.warn(
      `Up to step ${step} the loss is ${mean.toPrecision(3)}, far above ${this.#guessing.toPrecision(3)}, that of guessing among ${counted(config.classes, 'label')}: the network does not learn. Stop the run and try a lower learningRate than ${config.recipe.learningRate}, or a clipNorm.`,
    );
  }
}

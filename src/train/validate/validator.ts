import { averagePrefix } from '../../optim/index.ts';
import { type Position, writeNetwork } from '../run/checkpoint.ts';
import type { RunContext } from '../run-context.ts';
import type { Step } from '../step/step-graph.ts';
import type { State } from '../step/step-session.ts';
import { evaluate } from './evaluator.ts';

/**
 * The weights that are validated and exported: the moving averages if the run keeps them.
 * @throws RangeError if the state lacks one.
 */
function validatedWeights(step: Step, state: State): Map<string, Float32Array> {
  return new Map(
    step.network.map((name) => {
      const numbers = state.get(averagePrefix + name) ?? state.get(name);
      if (numbers === undefined) throw new RangeError(`The state lacks ${name}.`);
      return [name, numbers];
    }),
  );
}

/** Validates a run from time to time and keeps the best weights. */
export class Validator {
  readonly #context: RunContext;
  readonly #step: Step;

  constructor(context: RunContext, step: Step) {
    this.#context = context;
    this.#step = step;
  }

  #isDue({ epoch, batch, validatedEpoch }: Position): boolean {
    const { config, data } = this.#context;
    const ended = batch === 0 && epoch > validatedEpoch;
    const isTurn = epoch % config.validateEvery === 0 || epoch === config.recipe.epochs;
    return data.validations.length > 0 && ended && isTurn;
  }

  /**
   * Validates if that is due at a position, logs it, and writes the weights if they are the best so far by the mean
   * cosine Recall@1 of the validations.
   * @returns the position, with the epoch and the best Recall@1; the same object if nothing was due
   * @throws SnapshelfError `source-invalid`, `disk-full`, `not-writable`; AbortError when the signal aborts.
   */
  async run(position: Position, state: State): Promise<Position> {
    if (!this.#isDue(position)) return position;
    const { folder, options } = this.#context;
    const weights = validatedWeights(this.#step, state);
    const results = await evaluate(weights, this.#context);
    const recall = results.reduce((sum, { cosine }) => sum + cosine, 0) / results.length;
    await folder.log.append({
      kind: 'validation',
      step: position.step,
      epoch: position.epoch,
      recall,
      results,
    });
    options.onValidation?.(position.epoch, results);
    const validated = { ...position, validatedEpoch: position.epoch };
    if (position.best !== null && position.best.recall >= recall) return validated;
    const shapes = new Map([...this.#step.state].filter(([name]) => weights.has(name)));
    await writeNetwork(folder.best, weights, shapes);
    return { ...validated, best: { recall, epoch: position.epoch } };
  }
}

import { averagePrefix } from '../../optim/index.ts';
import type { Validation } from '../data/training-data.ts';
import { type Position, writeNetwork } from '../run/checkpoint.ts';
import type { RunFolder } from '../run/run-folder.ts';
import type { Step } from '../step/step-graph.ts';
import type { State } from '../step/step-session.ts';
import { type EvaluatorOptions, evaluate, type ValidationResult } from './evaluator.ts';

/** The parts and settings of a validator. */
export interface ValidatorOptions {
  readonly folder: RunFolder;
  readonly step: Step;
  readonly validations: readonly Validation[];
  readonly evaluation: EvaluatorOptions;
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Epochs between validations; the last epoch is validated in any case. */
  readonly every: number;
  readonly onValidation?: ((epoch: number, results: readonly ValidationResult[]) => void) | undefined;
}

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
  readonly #options: ValidatorOptions;

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  #isDue({ epoch, batch, validatedEpoch }: Position): boolean {
    const { epochs, every, validations } = this.#options;
    const ended = batch === 0 && epoch > validatedEpoch;
    return validations.length > 0 && ended && (epoch % every === 0 || epoch === epochs);
  }

  /**
   * Validates if that is due at a position, logs it, and writes the weights if they are the best so far by the mean
   * cosine Recall@1 of the validations.
   * @returns the position, with the epoch and the best Recall@1; the same object if nothing was due
   * @throws SnapshelfError `source-invalid`, `disk-full`, `not-writable`; AbortError when the signal aborts.
   */
  async run(position: Position, state: State): Promise<Position> {
    if (!this.#isDue(position)) return position;
    const { folder, step, validations, evaluation, onValidation } = this.#options;
    const weights = validatedWeights(step, state);
    const results = await evaluate(weights, validations, evaluation);
    const recall = results.reduce((sum, { cosine }) => sum + cosine, 0) / results.length;
    await folder.log.append({
      kind: 'validation',
      step: position.step,
      epoch: position.epoch,
      recall,
      results,
    });
    onValidation?.(position.epoch, results);
    const validated = { ...position, validatedEpoch: position.epoch };
    if (position.best !== null && position.best.recall >= recall) return validated;
    await writeNetwork(folder.best, weights, new Map([...step.state].filter(([name]) => weights.has(name))));
    return { ...validated, best: { recall, epoch: position.epoch } };
  }
}

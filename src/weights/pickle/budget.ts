import { invalid } from '../failures.ts';

/** The most steps of a file; ResNet-101 takes 21,234. */
export const mostSteps = 1_000_000;

/** Limits the work that one file can ask for, and so the size of stack and memo. */
export class Budget {
  #left = mostSteps;

  /**
   * Counts steps.
   *
   * @throws SnapshelfError `weights-invalid` if none are left
   */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw invalid('The pickle is far longer than any list of tensors.');
  }
}

import { invalid } from '../failures.ts';

/** Bounds the work that one file can ask for, and with it stack and memo: a large network takes some 20,000 steps. */
export class Budget {
  #left = 5_000_000;

  /** @throws SnapshelfError `weights-invalid` when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw invalid('The pickle is far longer than any list of tensors.');
  }
}

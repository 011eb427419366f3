import { invalid } from '../failures.ts';

/** Bounds the work that one file can ask for, and with it stack and memo: ResNet-101 takes 21,234. */
export class Budget {
  #left = 1_000_000;

  /** @throws SnapshelfError `weights-invalid` when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw invalid('The pickle is far longer than any list of tensors.');
  }
}

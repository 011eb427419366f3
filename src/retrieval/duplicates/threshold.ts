import type { Metric } from '../../vectors/index.ts';

/**
 * The score from which two pictures count as nearly identical under cosine. Measured with the models that ship; see
 * docs/duplicates.md.
 */
const duplicateScore = 0.95;

/**
 * Returns the threshold of a collection.
 * @throws RangeError if none is given under another metric than cosine: its distances have no common scale.
 */
export function thresholdOf(metric: Metric, given: number | undefined): number {
  if (given !== undefined) {
    if (given > 0 && given <= 1) return given;
    throw new RangeError(`threshold must be a number above 0 and of at most 1, not ${given}.`);
  }
  if (metric === 'cosine') return duplicateScore;
  throw new RangeError(
    `threshold must be given under the metric ${metric}: the score, 0 to 1, from which two pictures count as nearly identical.`,
  );
}

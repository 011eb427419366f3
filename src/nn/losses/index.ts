import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';

export type { Loss, LossSettings } from './loss.ts';
export { similarityLoss } from './similarity.ts';

const table: Readonly<Record<string, Loss>> = { 'cross-entropy': crossEntropy };

/** The names of all losses. */
export const losses: readonly string[] = Object.keys(table);

/**
 * Returns a loss by its name.
 *
 * @throws RangeError for an unknown name; the message lists the known ones
 */
export function lossOf(name: string): Loss {
  const loss = Object.hasOwn(table, name) ? table[name] : undefined;
  if (loss !== undefined) return loss;
  throw new RangeError(`The loss ${JSON.stringify(name)} is unknown. Known are ${losses.join(', ')}.`);
}

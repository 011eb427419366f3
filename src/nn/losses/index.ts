import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';

export type { Loss, LossInput, LossSettings } from './loss.ts';
export { similarityLoss } from './similarity.ts';

const table: Readonly<Record<string, Loss>> = { 'cross-entropy': crossEntropy };

/** The names of all losses. */
export const losses: readonly string[] = Object.keys(table);

/** A loss by its name. Throws a `RangeError` that lists the known ones. */
export function lossOf(name: string): Loss {
  const loss = Object.hasOwn(table, name) ? table[name] : undefined;
  if (loss !== undefined) return loss;
  throw new RangeError(`unknown loss ${JSON.stringify(name)}; known are ${losses.join(', ')}`);
}

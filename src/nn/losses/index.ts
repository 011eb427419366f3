import { add, type GraphBuilder, mul, numberLike, type Value } from '../../graph/index.ts';
import { arcface } from './arcface.ts';
import { center } from './center.ts';
import { circle } from './circle.ts';
import { contrastive } from './contrastive.ts';
import { cosface } from './cosface.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { LossDefinition, LossInput, OptionValue } from './definition.ts';
import { multiSimilarity } from './multi-similarity.ts';
import { normSoftmax } from './norm-softmax.ts';
import { pce } from './pce.ts';
import { proxyAnchor } from './proxy-anchor.ts';
import { proxyNca } from './proxy-nca.ts';
import { snca } from './snca.ts';
import { spce } from './spce.ts';
import { supervisedContrastive } from './supervised-contrastive.ts';
import { triplet } from './triplet.ts';
import { weakCrossEntropy } from './weak-cross-entropy.ts';

export type {
  LossDefinition,
  LossInput,
  LossOption,
  LossSetting,
  LossSettings,
  OptionValue,
} from './definition.ts';
export { similarityLoss } from './similarity.ts';

/** The losses by name. */
export const losses: Readonly<Record<string, LossDefinition>> = {
  'cross-entropy': crossEntropy,
  center,
  contrastive,
  snca,
  'multi-similarity': multiSimilarity,
  pce,
  spce,
  'norm-softmax': normSoftmax,
  'proxy-nca': proxyNca,
  'weak-cross-entropy': weakCrossEntropy,
  triplet,
  arcface,
  cosface,
  'proxy-anchor': proxyAnchor,
  circle,
  'supervised-contrastive': supervisedContrastive,
};

/**
 * Returns a loss by its name.
 *
 * @throws RangeError for an unknown name; the message lists the known ones
 */
export function lossOf(name: string): LossDefinition {
  const loss = Object.hasOwn(losses, name) ? losses[name] : undefined;
  if (loss !== undefined) return loss;
  throw new RangeError(
    `The loss ${JSON.stringify(name)} is unknown. Known are ${Object.keys(losses).join(', ')}.`,
  );
}

/**
 * The values of a loss's options by name: those given, else the defaults.
 *
 * @throws RangeError for an option that the loss does not have
 */
export function lossOptionsOf(
  { options }: LossDefinition,
  given: Readonly<Record<string, OptionValue>> = {},
): Record<string, OptionValue> {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(options, key));
  if (unknown !== undefined)
    throw new RangeError(
      `The loss has no option ${JSON.stringify(unknown)}. Its options are ${Object.keys(options).join(', ') || 'none'}.`,
    );
  return { ...Object.fromEntries(Object.entries(options).map(([key, one]) => [key, one.default])), ...given };
}

/** A loss and the factor it counts with. */
export interface LossTerm {
  readonly name: string;
  /** Above 0. */
  readonly weight: number;
}

/** Values of options by loss; those that are not given have their defaults. */
export type GivenLossOptions = Readonly<Record<string, Readonly<Record<string, OptionValue>>>>;

/**
 * Adds a sum of losses, each multiplied by its weight.
 *
 * @throws RangeError for an unknown loss, or none at all
 */
export function sumOfLosses(
  g: GraphBuilder,
  terms: readonly LossTerm[],
  input: LossInput,
  options: GivenLossOptions = {},
): Value {
  const isTerm = terms.length > 1;
  const parts = terms.map(({ name, weight }) => {
    const loss = lossOf(name);
    const part = loss.build(g, { ...input, isTerm }, lossOptionsOf(loss, options[name]));
    return weight === 1 ? part : mul(g, part, numberLike(g, part, weight));
  });
  const [first, ...rest] = parts;
  if (first === undefined) throw new RangeError('A sum of losses must have a term.');
  return rest.reduce((sum, part) => add(g, sum, part), first);
}

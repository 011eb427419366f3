import { type LossOption, lossOf } from '../nn/index.ts';
import { parseLoss } from '../train/recipe/loss-expression.ts';
import { comparesPictures } from '../train/recipe/loss-fields.ts';
import type { Grid, SettingValue } from './formats.ts';

/** The values of label smoothing that are tried: none, the paper's, and three times that. */
const smoothings = [0, 0.1, 0.3];

/** Factors of a number's default that are tried. */
const factors = [0.5, 1, 2];

/** A choice that does not follow the rule of `gridOf`. */
interface Exception {
  readonly key: string;
  readonly values: readonly SettingValue[];
  /** Options that have other values than their defaults. */
  readonly fixed?: Readonly<Record<string, SettingValue>>;
}

/** The choices of losses whose first number, or a factor of two of it, decides little. */
const exceptions: Readonly<Record<string, Exception>> = {
  // Features as they are have any length, for which no margin can be stated.
  contrastive: { key: 'margin', values: [0.5, 1, 1.5], fixed: { normalize: true } },
  // The similarity around which pairs count: the features of a network that ends in a ReLU are all similar.
  'multi-similarity': { key: 'margin', values: [0.3, 0.5, 0.7] },
  // Factors of another term, and a strength that the paper says depends on the features: their order of size counts.
  center: { key: 'weight', values: [0.0003, 0.003, 0.03] },
  pce: { key: 'lambda', values: [0.1, 1, 10] },
  // The values of its paper and of Proxy-NCA++ (Teh and others, 2020), and their geometric mean.
  'proxy-nca': { key: 'scale', values: [1, 3, 9] },
};

type NumberOption = LossOption & { readonly kind: 'number' | 'whole' };

function isWithin({ from, to, above, below }: NumberOption, value: number): boolean {
  return (
    value >= (from ?? Number.NEGATIVE_INFINITY) &&
    value <= (to ?? Number.POSITIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value < (below ?? Number.POSITIVE_INFINITY)
  );
}

/** Half of the default, the default and twice it, as far as the option takes them. */
function valuesAround(option: NumberOption): number[] {
  const around = factors.map((factor) => factor * option.default);
  const whole = option.kind === 'whole' ? around.map((value) => Math.round(value)) : around;
  return [...new Set(whole)].filter((value) => isWithin(option, value));
}

/** The choice of a loss among its own options; undefined if it has no number and no flag. */
function ownChoice(name: string, isTerm: boolean): Exception | undefined {
  // In a sum the weight of a loss is the number in front of it.
  const all = Object.entries(lossOf(name).options).filter(([, option]) => !isTerm || !option.isOfOneAlone);
  const exception = Object.hasOwn(exceptions, name) ? exceptions[name] : undefined;
  if (all.some(([key]) => key === exception?.key)) return exception;
  for (const [key, option] of all)
    if (option.kind === 'number' || option.kind === 'whole') return { key, values: valuesAround(option) };
  const flag = all.find(([, { kind }]) => kind === 'flag');
  return flag && { key: flag[0], values: [false, true] };
}

/**
 * Returns what is chosen for a loss, and the values that are tried. Its main number is the first option that is a number:
 * its default, half of it and twice it, but for the exceptions above. A loss without one has its first flag chosen, or its
 * label smoothing if it uses that; else nothing. Of a sum of losses it is that of the last one.
 * @throws RangeError for a loss that there is not.
 */
export function gridOf(loss: string): Grid {
  const terms = parseLoss(loss);
  const name = terms.at(-1)?.name ?? loss;
  const base = { loss, comparesPictures: comparesPictures({ loss, lossOptions: {} }), fixed: [] };
  const own = ownChoice(name, terms.length > 1);
  if (own !== undefined) {
    const path = (key: string): string => `lossOptions.${name}.${key}`;
    const fixed = Object.entries(own.fixed ?? {}).map(([key, value]) => ({ setting: path(key), value }));
    return { ...base, setting: path(own.key), values: [...own.values], fixed };
  }
  const isSmoothed = terms.some((term) => lossOf(term.name).uses.includes('smoothing'));
  return isSmoothed
    ? { ...base, setting: 'smoothing', values: smoothings }
    : { ...base, setting: null, values: [] };
}

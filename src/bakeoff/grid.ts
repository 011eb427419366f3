import { type LossOption, lossOf } from '../nn/index.ts';
import { parseLoss } from '../train/recipe/loss-expression.ts';
import { comparesPictures } from '../train/recipe/loss-fields.ts';
import type { Grid } from './formats.ts';

/** The values of label smoothing that are tried: none, the paper's, and three times that. */
const smoothings = [0, 0.1, 0.3];

/** Factors of a number's default that are tried. */
const factors = [0.5, 1, 2];

function isWithin(
  { from, to, above, below }: LossOption & { kind: 'number' | 'whole' },
  value: number,
): boolean {
  return (
    value >= (from ?? Number.NEGATIVE_INFINITY) &&
    value <= (to ?? Number.POSITIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value < (below ?? Number.POSITIVE_INFINITY)
  );
}

/** Half of the default, the default and twice it, as far as the option takes them. */
function valuesAround(option: LossOption & { kind: 'number' | 'whole' }): number[] {
  const around = factors.map((factor) => factor * option.default);
  const whole = option.kind === 'whole' ? around.map((value) => Math.round(value)) : around;
  return [...new Set(whole)].filter((value) => isWithin(option, value));
}

/**
 * Returns what is chosen for a loss, and the values that are tried. Its main number is the first option that is a number:
 * its default, half of it and twice it. A loss without one has its label smoothing chosen, if it uses that; else nothing.
 * Of a sum of losses it is that of the last one.
 * @throws RangeError for a loss that there is not.
 */
export function gridOf(loss: string): Grid {
  const terms = parseLoss(loss);
  const name = terms.at(-1)?.name ?? loss;
  const { options, uses } = lossOf(name);
  const base = { loss, comparesPictures: comparesPictures({ loss, lossOptions: {} }) };
  for (const [key, option] of Object.entries(options))
    if ((option.kind === 'number' || option.kind === 'whole') && !(option.isOfOneAlone && terms.length > 1))
      return { ...base, setting: `lossOptions.${name}.${key}`, values: valuesAround(option) };
  if (uses.includes('smoothing')) return { ...base, setting: 'smoothing', values: smoothings };
  return { ...base, setting: null, values: [] };
}

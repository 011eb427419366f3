import { checkNumber } from '../arguments.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './colour.ts';
import type { Pixels } from './pixels.ts';

/**
 * The strength of each colour change. Factors are drawn uniformly from [max(0, 1 - x), 1 + x], the turn of the hue from
 * [-x, x]. 0, the default, leaves a change out.
 */
export interface ColourJitter {
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
  /** In turns of the colour circle, 0 to 0.5. */
  readonly hue?: number | undefined;
}

const adjustments = [
  ['brightness', adjustBrightness],
  ['contrast', adjustContrast],
  ['saturation', adjustSaturation],
  ['hue', adjustHue],
] as const;

/** Checks the amounts. @throws RangeError if one is below 0, not finite, or for the hue above 0.5. */
export function checkColourJitter(jitter: ColourJitter): void {
  for (const [name] of adjustments)
    checkNumber(`jitter.${name}`, jitter[name] ?? 0, { from: 0, to: name === 'hue' ? 0.5 : undefined });
}

/** Returns 0 to 3 in a random order; every order is equally likely (Fisher and Yates). */
function shuffled(random: () => number): number[] {
  const order = [0, 1, 2, 3];
  for (let last = 3; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

/**
 * Changes brightness, contrast, saturation and hue of `pixels` in place, by random amounts in a random order, as
 * torchvision's `ColorJitter` does with PIL images.
 * @param random returns numbers in [0, 1). Seven are drawn whatever the jitter, so that later draws do not shift.
 * @throws RangeError if an amount is below 0, not finite, or for the hue above 0.5.
 */
export function applyColourJitter(pixels: Pixels, jitter: ColourJitter, random: () => number): void {
  checkColourJitter(jitter);
  const order = shuffled(random);
  const drawn = adjustments.map(() => random());
  for (const at of order) {
    const [name, adjust] = adjustments[at] ?? adjustments[0];
    const amount = jitter[name] ?? 0;
    if (amount === 0) continue;
    const low = name === 'hue' ? -amount : Math.max(0, 1 - amount);
    const high = name === 'hue' ? amount : 1 + amount;
    adjust(pixels, low + (high - low) * (drawn[at] ?? 0));
  }
}

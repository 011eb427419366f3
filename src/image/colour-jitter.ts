import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './colour.ts';
import type { Pixels } from './pixels.ts';

/**
 * How far colours may be moved: factors are drawn uniformly from [max(0, 1 - x), 1 + x], the turn of the hue from
 * [-x, x]. 0, also by default, leaves that one out.
 */
export interface ColourJitter {
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
  /** 0 to 0.5 of the colour circle. */
  readonly hue?: number | undefined;
}

const adjustments = [
  ['brightness', adjustBrightness],
  ['contrast', adjustContrast],
  ['saturation', adjustSaturation],
  ['hue', adjustHue],
] as const;

/** @throws RangeError when an amount is below 0, not finite, or for the hue above 0.5. */
export function checkColourJitter(jitter: ColourJitter): void {
  for (const [name] of adjustments) {
    const amount = jitter[name] ?? 0;
    const most = name === 'hue' ? 0.5 : Number.MAX_VALUE;
    if (!(amount >= 0 && amount <= most))
      throw new RangeError(
        `jitter.${name} must be 0 or more${name === 'hue' ? ', at most 0.5' : ''}, not ${amount}`,
      );
  }
}

/** The four in a random order, every order alike. */
function shuffled(random: () => number): number[] {
  const order = [0, 1, 2, 3];
  for (let last = 3; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/**
 * torchvision's `ColorJitter` on PIL images, in place: brightness, contrast, saturation and hue by random amounts in a
 * random order.
 * @param random numbers in [0, 1); seven are drawn, whatever the jitter, so that what is drawn next does not shift
 * @throws RangeError when an amount is below 0, not finite, or for the hue above 0.5.
 */
export function applyColourJitter(pixels: Pixels, jitter: ColourJitter, random: () => number): void {
  checkColourJitter(jitter);
  const order = shuffled(random);
  const drawn = adjustments.map(() => random());
  for (const at of order) {
    const [name, adjust] = adjustments[at] ?? adjustments[0];
    const amount = jitter[name] ?? 0;
    if (amount === 0) continue;
    const [low, high] = name === 'hue' ? [-amount, amount] : [Math.max(0, 1 - amount), 1 + amount];
    adjust(pixels, low + (high - low) * (drawn[at] ?? 0));
  }
}

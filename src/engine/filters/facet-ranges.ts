import type { FacetRange } from '../facet-types.ts';

/** Returns the ranges between rising bounds, each from one to before the next; infinite ones are open ends. */
export const rangesBetween = (bounds: readonly number[]): Omit<FacetRange, 'count'>[] =>
  bounds.slice(1).map((to, i) => ({ from: finite(bounds[i]), to: finite(to) }));

const finite = (bound: number | undefined): number | null =>
  bound !== undefined && Number.isFinite(bound) ? bound : null;

const open = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/**
 * Returns bounds of at most `count` ranges of one width that hold all numbers: multiples of 1, 2 or 5 times a power of ten.
 * Where there are none, as for one range from below 0 to above, two open ends; no bounds where there are no numbers.
 */
export function boundsFor(
  extent: readonly [smallest: number, largest: number] | undefined,
  count: number,
): readonly number[] {
  if (extent === undefined) return [];
  const [smallest, largest] = extent;
  const width = largest / count - smallest / count;
  const exponent = width === 0 ? 0 : Math.floor(Math.log10(width));
  for (let power = exponent; power <= exponent + 2; power += 1)
    for (const digit of [1, 2, 5]) {
      const bounds = multiplesOf(digit, power, extent, count);
      if (bounds !== undefined) return bounds;
    }
  return open;
}

/** The multiples of `digit` x 10^`power` around the numbers; undefined if they are too many, or floating point has none there. */
function multiplesOf(
  digit: number,
  power: number,
  [smallest, largest]: readonly [smallest: number, largest: number],
  count: number,
): number[] | undefined {
  const scale = 10 ** Math.abs(power);
  const multiple = (n: number): number => (power < 0 ? (n * digit) / scale : n * digit * scale);
  const first = Math.floor((power < 0 ? smallest * scale : smallest / scale) / digit);
  const last = Math.floor((power < 0 ? largest * scale : largest / scale) / digit) + 1;
  if (!(last - first <= count)) return undefined;
  const bounds = Array.from({ length: last - first + 1 }, (_, i) => multiple(first + i));
  const isRising = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY),
  );
  return isRising && multiple(first) <= smallest && multiple(last) > largest ? bounds : undefined;
}

import type { SeenBin } from './calibration-schema.ts';
import { type SeenCase, type SeenShare, seenShare } from './seen-share.ts';

/** A case with the number that bins are made by. */
export type BinCase = SeenCase & { readonly at: number };

/** Outcomes that a bin of about as many cases as the others holds at least, and the most bins. */
const leastInBin = 20;
const mostBins = 10;

/** Makes bins of about as many cases each. */
export function binsOfSize(cases: readonly BinCase[]): SeenBin[] {
  const sorted = cases.toSorted((a, b) => a.at - b.at);
  const count = Math.max(1, Math.min(mostBins, Math.floor(sorted.length / leastInBin)));
  const cut = (bin: number): number => Math.round((bin * sorted.length) / count);
  return Array.from({ length: count }, (_, bin) => binOf(sorted.slice(cut(bin), cut(bin + 1)))).flat();
}

/** Makes bins of a tenth each for numbers from 0 to 1; those without cases are left out. */
export function binsOfTenths(cases: readonly BinCase[]): SeenBin[] {
  const tenths = Array.from({ length: 10 }, (): BinCase[] => []);
  for (const one of cases) tenths[Math.min(9, Math.floor(10 * one.at))]?.push(one);
  return tenths.flatMap(binOf);
}

function binOf(cases: readonly BinCase[]): SeenBin[] {
  if (cases.length === 0) return [];
  const total = cases.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const at = cases.reduce((sum, { at: value, weight = 1 }) => sum + value * weight, 0) / total;
  return [{ at: digits(at), ...brief(seenShare(cases)) }];
}

/** Returns a number of four digits: what is told is kept with the collection, and no threshold depends on it. */
export const digits = (value: number): number => Number(value.toPrecision(4));

/** Returns a share of four digits. */
export const brief = ({ share, low, high, of }: SeenShare): SeenShare => ({
  share: digits(share),
  low: digits(low),
  high: digits(high),
  of,
});

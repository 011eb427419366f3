/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Something to measure: does its work once and gives a rate. */
export interface Contender {
  readonly name: string;
  readonly measure: () => Promise<number>;
}

/**
 * Measures contenders in turn, round after round, so that a slow minute of the machine hits all alike. Every second round
 * goes backwards, so that none always comes after the same other.
 * @returns the rates of each round, in the order of the contenders
 */
export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<number[][]> {
  const rates: number[][] = contenders.map(() => []);
  const order = [...contenders.entries()];
  for (let round = 0; round < rounds; round += 1)
    for (const [i, { measure }] of round % 2 === 0 ? order : order.toReversed())
      rates[i]?.push(await measure());
  return rates;
}

import type { Sample } from '../datasets/index.ts';
import { randomNumbers } from '../random.ts';

/** Items in an order drawn by `random`. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1));
    [result[i], result[other]] = [result[other] as T, result[i] as T];
  }
  return result;
}

/** At most `count` pictures, one of each label in turn, always the same of the same samples. */
export function drawEvenly(samples: readonly Sample[], count: number): Sample[] {
  const random = randomNumbers(1);
  const byLabel = new Map<string, Sample[]>();
  for (const sample of samples) byLabel.set(sample.label, [...(byLabel.get(sample.label) ?? []), sample]);
  const labels = shuffled([...byLabel.values()], random).map((own) => shuffled(own, random));
  const drawn: Sample[] = [];
  for (let turn = 0; drawn.length < Math.min(count, samples.length); turn += 1)
    for (const own of labels) drawn.push(...own.slice(turn, turn + 1));
  return drawn.slice(0, count);
}

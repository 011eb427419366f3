import type { Sample } from '../datasets/index.ts';
import { randomNumbers, shuffled } from '../random.ts';

/** Draws at most `count` pictures, one of each label in turn; the same samples give the same pictures. */
export function drawEvenly(samples: readonly Sample[], count: number): Sample[] {
  const random = randomNumbers(1);
  const byLabel = new Map<string, Sample[]>();
  for (const sample of samples) {
    const own = byLabel.get(sample.label);
    if (own === undefined) byLabel.set(sample.label, [sample]);
    else own.push(sample);
  }
  const labels = shuffled([...byLabel.values()], random).map((own) => shuffled(own, random));
  const drawn: Sample[] = [];
  for (let turn = 0; drawn.length < Math.min(count, samples.length); turn += 1)
    for (const own of labels) drawn.push(...own.slice(turn, turn + 1));
  return drawn.slice(0, count);
}

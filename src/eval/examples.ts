import { mixSeed, randomNumbers } from '../random.ts';
import type { Example } from './evaluation.ts';
import { type MetricScores, none } from './score-keeper.ts';
import type { LabelledVectors } from './types.ts';

/** Failures teach more than successes. */
const wanted = { failures: 24, successes: 12 };
const shownNeighbours = 5;

/** Some of the rows, drawn without repetition. */
function draw(rows: readonly number[], count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const left = [...rows];
  const drawn: number[] = [];
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn.sort((a, b) => a - b);
}

/** Drawn queries with their nearest items: first those whose nearest item has another label, then others. */
export function examplesOf(
  queries: LabelledVectors,
  items: LabelledVectors,
  { firstRelevant, shown }: MetricScores,
  seed: number,
): Example[] {
  const rows = [...firstRelevant.keys()];
  const failures = rows.filter((row) => (firstRelevant[row] ?? 0) > 1);
  const successes = rows.filter((row) => firstRelevant[row] === 1);
  const chosen = [
    ...draw(failures, wanted.failures, mixSeed(seed, 2)),
    ...draw(successes, wanted.successes, mixSeed(seed, 3)),
  ];
  return chosen.map((row) => {
    const label = queries.labels[row] ?? '';
    const places = Array.from(
      { length: Math.min(shown.count, shownNeighbours) },
      (_, at) => row * shown.count + at,
    );
    const neighbours = places
      .filter((place) => shown.rows[place] !== none)
      .map((place) => {
        const item = shown.rows[place] ?? 0;
        const own = items.labels[item] ?? '';
        const distance = shown.distances[place] ?? 0;
        return { id: items.ids[item] ?? '', label: own, distance, right: own === label };
      });
    return { id: queries.ids[row] ?? '', label, found: firstRelevant[row] === 1, neighbours };
  });
}

import { type AccumulatedMeasures, noItem } from '../../metrics/index.ts';
import { mixSeed, randomNumbers } from '../../random.ts';
import type { LabelledVectors } from '../types.ts';
import type { Example } from './evaluation-schema.ts';

/** Failures teach more than successes. */
const wanted = { failures: 24, successes: 12 };
const shownNeighbours = 5;

/** Draws up to `count` of the rows without repetition. Returns them ascending. */
function draw(rows: readonly number[], count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const left = [...rows];
  const drawn: number[] = [];
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn.sort((a, b) => a - b);
}

/**
 * Draws queries and returns them with their nearest items: up to 24 whose nearest item has another label, then up to 12
 * others.
 */
export function drawExamples(
  queries: LabelledVectors,
  items: LabelledVectors,
  measures: AccumulatedMeasures,
  seed: number,
): Example[] {
  const { firstRelevant } = measures;
  const rows = [...firstRelevant.keys()];
  const failures = rows.filter((row) => (firstRelevant[row] ?? 0) > 1);
  const successes = rows.filter((row) => firstRelevant[row] === 1);
  const chosen = [
    ...draw(failures, wanted.failures, mixSeed(seed, 2)),
    ...draw(successes, wanted.successes, mixSeed(seed, 3)),
  ];
  return chosen.map((row) => ({
    id: queries.ids[row] ?? '',
    label: queries.labels[row] ?? '',
    found: firstRelevant[row] === 1,
    neighbours: neighboursOf(row, queries.labels[row] ?? '', items, measures),
  }));
}

function neighboursOf(
  query: number,
  queryLabel: string,
  items: LabelledVectors,
  { nearest }: AccumulatedMeasures,
): Example['neighbours'] {
  const shown = Math.min(nearest.count, shownNeighbours);
  const places = Array.from({ length: shown }, (_, at) => query * nearest.count + at);
  return places
    .filter((place) => nearest.rows[place] !== noItem)
    .map((place) => {
      const row = nearest.rows[place] ?? 0;
      const label = items.labels[row] ?? '';
      const distance = nearest.distances[place] ?? 0;
      return { id: items.ids[row] ?? '', label, distance, right: label === queryLabel };
    });
}

import { checkNumber } from '../arguments.ts';

/** A curve from score to chance, rising and linear between its points; before the first and behind the last it is level. */
export interface ChanceCurve {
  /** Rising scores, one or more. */
  readonly scores: readonly number[];
  /** The chance at each, 0 to 1, never falling. */
  readonly chances: readonly number[];
  /** Outcomes that it was fitted to. */
  readonly outcomes: number;
}

/** Something that was searched for: the score of an answer, and whether it was right. */
export interface Outcome {
  readonly score: number;
  readonly isRight: boolean;
  /** The number of outcomes that it counts as, above 0. */
  readonly weight: number;
}

/** Outcomes of neighbouring scores that have one chance. */
interface Block {
  readonly first: number;
  readonly last: number;
  readonly weight: number;
  readonly right: number;
}

const chanceOf = ({ right, weight }: Block): number => right / weight;

/** Joins the outcomes of one score. */
function byScore(outcomes: readonly Outcome[]): Block[] {
  const blocks: Block[] = [];
  for (const { score, isRight, weight } of outcomes.toSorted((a, b) => a.score - b.score)) {
    checkNumber('score', score);
    const last = blocks.at(-1);
    const same = last?.first === score ? blocks.pop() : undefined;
    const right = (same?.right ?? 0) + (isRight ? weight : 0);
    blocks.push({ first: score, last: score, weight: (same?.weight ?? 0) + weight, right });
  }
  return blocks;
}

/**
 * Fits the chance of being right by isotonic regression, the rising curve of least squares (pool adjacent violators).
 * @throws RangeError for no outcomes, or a score that is not finite.
 */
export function fitChances(outcomes: readonly Outcome[]): ChanceCurve {
  checkNumber('outcomes', outcomes.length, { from: 1 });
  const pooled: Block[] = [];
  for (const block of byScore(outcomes)) {
    let joined = block;
    for (let last = pooled.pop(); last !== undefined; last = pooled.pop()) {
      if (chanceOf(last) < chanceOf(joined)) {
        pooled.push(last);
        break;
      }
      const right = last.right + joined.right;
      joined = { first: last.first, last: joined.last, weight: last.weight + joined.weight, right };
    }
    pooled.push(joined);
  }
  const ends = pooled.flatMap((block) => {
    const chance = chanceOf(block);
    const end = { score: block.last, chance };
    return block.first === block.last ? [end] : [{ score: block.first, chance }, end];
  });
  const scores = ends.map(({ score }) => score);
  return { scores, chances: ends.map(({ chance }) => chance), outcomes: outcomes.length };
}

/** Returns the chance at a score, no nearer to 0 or 1 than the outcomes can show. */
export function chanceAt(curve: ChanceCurve, score: number): number {
  const least = 1 / (curve.outcomes + 2);
  return Math.min(Math.max(interpolate(curve, score), least), 1 - least);
}

function interpolate({ scores, chances }: ChanceCurve, score: number): number {
  const after = scores.findIndex((one) => one >= score);
  const upper = chances[after] ?? chances.at(-1) ?? 0;
  const above = scores[after];
  const below = scores[after - 1];
  const lower = chances[after - 1];
  if (above === undefined || below === undefined || lower === undefined) return upper;
  return lower + ((score - below) / (above - below)) * (upper - lower);
}

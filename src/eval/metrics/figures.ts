/** How far down a ranking the figures look. */
export interface Cutoffs {
  /** The K of Recall@K; 1 is always among them. */
  readonly recall: readonly number[];
  /** The K of NDCG@K. */
  readonly ndcg: readonly number[];
}

/** The cutoffs, checked, with the names of the figures in the order in which scores hold them. */
export interface FigurePlan {
  readonly cutoffs: Cutoffs;
  /** `recall@K` ..., `r-precision`, `map@r`, `mrr`, `ndcg@K` ... */
  readonly names: readonly string[];
  /** The largest K of all: a ranking must hold so many neighbours, or R if that is more. */
  readonly deepest: number;
}

function checked(name: string, ks: readonly number[]): readonly number[] {
  for (const [at, k] of ks.entries()) {
    if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`${name}: ${k} is not a positive integer`);
    if (ks.indexOf(k) !== at) throw new RangeError(`${name}: ${k} is there twice`);
  }
  return ks;
}

/**
 * Which figures are computed of every query: Recall@K for each K (1 is put first where it lacks), R-Precision, mAP@R,
 * the reciprocal rank, and NDCG@K for each K of `ndcg` (default: none).
 * @throws RangeError when a K is no positive integer or is there twice.
 */
export function figurePlan(recall: readonly number[], ndcg: readonly number[] = []): FigurePlan {
  const given = checked('recall', recall);
  const cutoffs = {
    recall: given.includes(1) ? [...given] : [1, ...given],
    ndcg: [...checked('ndcg', ndcg)],
  };
  const recalls = cutoffs.recall.map((k) => `recall@${k}`);
  const names = [...recalls, 'r-precision', 'map@r', 'mrr', ...cutoffs.ndcg.map((k) => `ndcg@${k}`)];
  return { cutoffs, names, deepest: Math.max(...cutoffs.recall, ...cutoffs.ndcg) };
}

const gain = (rank: number): number => 1 / Math.log2(rank + 1);

function idealGain(relevant: number): number {
  let sum = 0;
  for (let rank = 1; rank <= relevant; rank += 1) sum += gain(rank);
  return sum;
}

function ndcg(ranks: readonly number[], relevant: number, k: number): number {
  let sum = 0;
  for (const rank of ranks) {
    if (rank > k) break;
    sum += gain(rank);
  }
  return sum / idealGain(Math.min(relevant, k));
}

/** How many relevant items stand within the first R, and the sum of the precisions at their ranks. */
function withinR(ranks: readonly number[], relevant: number): { hits: number; precisions: number } {
  let hits = 0;
  let precisions = 0;
  for (const rank of ranks) {
    if (rank > relevant) break;
    hits += 1;
    precisions += hits / rank;
  }
  return { hits, precisions };
}

/**
 * The figures of one query, each in [0, 1] and in the order of `plan.names`.
 * @param ranks Ranks (from 1, ascending, never empty) of the relevant items, as far down as the ranking goes.
 * @param relevant R, the number of relevant items in the gallery, at least 1.
 */
export function figuresOfRanks(ranks: readonly number[], relevant: number, plan: FigurePlan): Float64Array {
  const first = ranks[0] ?? Number.POSITIVE_INFINITY;
  const { hits, precisions } = withinR(ranks, relevant);
  return Float64Array.from([
    ...plan.cutoffs.recall.map((k) => (first <= k ? 1 : 0)),
    hits / relevant,
    precisions / relevant,
    1 / first,
    ...plan.cutoffs.ndcg.map((k) => ndcg(ranks, relevant, k)),
  ]);
}

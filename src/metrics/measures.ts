import { checkWhole } from '../arguments.ts';

/** The ranks down to which measures look. */
export interface Cutoffs {
  /** K of Recall@K; 1 is always among them. */
  readonly recall: readonly number[];
  /** K of NDCG@K. */
  readonly ndcg: readonly number[];
}

/** The measures to compute. */
export interface MeasureList {
  readonly cutoffs: Cutoffs;
  /** `recall@K` ..., `r-precision`, `map@r`, `mrr`, `ndcg@K` ...: the order of all lists of measures. */
  readonly names: readonly string[];
  /** The largest K: a ranking must hold so many neighbours, or R if that is more. */
  readonly deepest: number;
}

function checkedKs(name: string, ks: readonly number[]): readonly number[] {
  for (const [at, k] of ks.entries()) {
    checkWhole(`${name}[${at}]`, k, { from: 1 });
    if (ks.indexOf(k) !== at)
      throw new RangeError(`${name} must be a list of different numbers, but ${k} is there twice.`);
  }
  return ks;
}

/**
 * Lists the measures of each query: Recall@K for each K of `recall` (1 is put first if it is missing), R-Precision, mAP@R
 * (Musgrave and others, "A Metric Learning Reality Check", ECCV 2020), the reciprocal rank, and NDCG@K for each K of
 * `ndcg` (Järvelin and Kekäläinen, 2002, with binary gains).
 * @throws RangeError If a K is not a whole number from 1 or is there twice.
 */
export function measureList(recall: readonly number[], ndcg: readonly number[] = []): MeasureList {
  const given = checkedKs('recall', recall);
  const cutoffs = {
    recall: given.includes(1) ? [...given] : [1, ...given],
    ndcg: [...checkedKs('ndcg', ndcg)],
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

/** Counts the relevant items within the first R, and sums the precisions at their ranks. */
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
 * Computes the measures of one query, each in [0, 1] and in the order of `list.names`.
 * @param ranks Ranks (from 1, ascending, at least one) of the relevant items, to the end of the ranking.
 * @param relevant R, the number of relevant items in the gallery, at least 1.
 */
export function measuresOfRanks(ranks: readonly number[], relevant: number, list: MeasureList): Float64Array {
  const first = ranks[0] ?? Number.POSITIVE_INFINITY;
  const { hits, precisions } = withinR(ranks, relevant);
  return Float64Array.from([
    ...list.cutoffs.recall.map((k) => (first <= k ? 1 : 0)),
    hits / relevant,
    precisions / relevant,
    1 / first,
    ...list.cutoffs.ndcg.map((k) => ndcg(ranks, relevant, k)),
  ]);
}

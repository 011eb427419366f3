import { createIndex, type Neighbour, type VectorIndex } from '../gallery/index.ts';
import { ask, fill, labelRecall, overlap } from './index-probe.ts';
import { none, type Shown } from './score-keeper.ts';
import type { LabelledVectors, Metric } from './types.ts';

/** HNSW at one width of search. */
export interface IndexPoint {
  readonly ef: number;
  /** Index recall: share of the true `k` nearest that the index finds, 0 to 1. */
  readonly indexRecall: number;
  /** Recall@K by label, 0 to 1, for each K of the evaluation. */
  readonly recall: readonly number[];
  readonly queriesPerSecond: number;
}

/** HNSW beside exact search, over the same queries and gallery. */
export interface IndexComparison {
  readonly metric: Metric;
  readonly m: number;
  readonly efConstruction: number;
  /** K of `indexRecall`, at most 10: what is asked of the index, which never searches narrower than that. */
  readonly k: number;
  /** K of `recall`: those of the evaluation up to `k`. */
  readonly ks: readonly number[];
  /** The width that a collection searches with by default. */
  readonly liveEf: number;
  readonly buildSeconds: number;
  /** How many queries were asked: all that count, or that many drawn evenly. */
  readonly queries: number;
  readonly exact: { readonly recall: readonly number[]; readonly queriesPerSecond: number };
  /** By rising ef, the live one among them. */
  readonly sweep: readonly IndexPoint[];
}

/** What exact search found, for the same queries. */
export interface ExactTruth {
  /** Nearest items of each query, by row. */
  readonly shown: Shown;
  /** Rank of the first relevant item of each query, 0 for those that do not count. */
  readonly firstRelevant: Uint32Array;
}

/** What to compare. */
export interface IndexComparisonOptions {
  readonly metric: Metric;
  readonly ks: readonly number[];
  readonly truth: ExactTruth;
  /** Widths to try beside the live one. Default 16, 32, 64, 128, 256, 512. */
  readonly sweep?: readonly number[] | undefined;
  /** Most queries to ask. Default 2,000. */
  readonly mostQueries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

const defaultSweep = [16, 32, 64, 128, 256, 512];
/** Exact search is only timed; what it finds is known. */
const timedQueries = 100;

/** At most `most` of the rows, evenly spread. */
function spread(rows: readonly number[], most: number): number[] {
  const count = Math.min(rows.length, most);
  return Array.from({ length: count }, (_, at) => rows[Math.floor((at * rows.length) / count)] ?? 0);
}

/** The known nearest items of some queries, as an index would answer. */
function truthOf({ shown }: ExactTruth, rows: readonly number[]): Neighbour[][] {
  return rows.map((row) => {
    const places = Array.from({ length: shown.count }, (_, at) => row * shown.count + at);
    return places
      .filter((place) => shown.rows[place] !== none)
      .map((place) => ({ sequence: shown.rows[place] ?? 0, distance: shown.distances[place] ?? 0 }));
  });
}

/** An index over the gallery, with the seconds that it took to build. */
async function built(
  kind: 'hnsw' | 'flat',
  items: LabelledVectors,
  { metric, signal, onProgress }: IndexComparisonOptions,
): Promise<{ readonly index: VectorIndex; readonly seconds: number }> {
  const [count, dimension] = [items.ids.length, items.dimension];
  const index = createIndex({ kind, metric, dimension, capacity: count });
  let done = 0;
  const onRow = (): void => onProgress?.(kind === 'hnsw' ? 'indexing' : 'copying', ++done, count);
  return { index, seconds: await fill(index, items, onRow, signal) };
}

/**
 * Builds HNSW over the gallery with the settings of a collection and asks it the queries at several widths; exact search
 * by the code that a collection uses is timed beside it. Blocks the thread in pieces.
 * @param gallery Without, each query is looked for among the others.
 * @throws SnapshelfError `index-unavailable` where the native module is absent; the signal's reason when it aborts.
 */
export async function compareIndex(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  options: IndexComparisonOptions,
): Promise<IndexComparison> {
  const { metric, truth, sweep = defaultSweep, mostQueries = 2000, signal, onProgress } = options;
  const [items, self] = [gallery ?? queries, gallery === undefined];
  const { index: hnsw, seconds: buildSeconds } = await built('hnsw', items, options);
  const { index: flat } = await built('flat', items, options);
  const { parameters } = hnsw;
  if (parameters === null) throw new TypeError('an HNSW index has parameters');

  const counted = [...truth.firstRelevant.keys()].filter((row) => truth.firstRelevant[row] !== 0);
  const rows = spread(counted, mostQueries);
  const wanted = rows.map((row) => queries.labels[row] ?? '');
  const k = Math.min(truth.shown.count, items.ids.length - Number(self));
  const ks = options.ks.filter((one) => one <= k);
  const how = { k, self, signal };
  const known = truthOf(truth, rows);
  // The first searches of a process are slow, whatever they are.
  await ask((vector, many) => hnsw.search(vector, many), queries, rows.slice(0, timedQueries), how);
  const exact = await ask(
    (vector, many) => flat.search(vector, many),
    queries,
    rows.slice(0, timedQueries),
    how,
  );
  const widths = [...new Set([...sweep, parameters.ef])].sort((a, b) => a - b);
  const points: IndexPoint[] = [];
  for (const ef of widths) {
    onProgress?.('trying the index', points.length, widths.length);
    const found = await ask((vector, many) => hnsw.search(vector, many, { ef }), queries, rows, how);
    const { neighbours, queriesPerSecond } = found;
    const recall = labelRecall(neighbours, wanted, items.labels, ks);
    points.push({ ef, indexRecall: overlap(known, neighbours, k, metric), recall, queriesPerSecond });
  }
  onProgress?.('trying the index', widths.length, widths.length);
  const share = (at: number): number =>
    rows.filter((row) => (truth.firstRelevant[row] ?? 0) <= at).length / rows.length;
  const { ef: liveEf, m, efConstruction } = parameters;
  return {
    ...{ metric, m, efConstruction, k, ks, liveEf, buildSeconds, queries: rows.length },
    exact: { recall: ks.map(share), queriesPerSecond: exact.queriesPerSecond },
    sweep: points,
  };
}

import { SnapshelfError } from '../../errors.ts';
import { measureList } from '../../metrics/index.ts';
import {
  checkRankingNumbers,
  expandDefaults,
  kReciprocalDefaults,
  rowOf,
  usualRerankDepth,
} from '../../vectors/index.ts';
import { type EvaluationInput, sortById } from '../evaluation-input.ts';
import { spread } from '../split/spread.ts';
import { figuresOf, namesOf, type StageMeasures } from '../split/stage-measures.ts';
import type { LabelledVectors } from '../types.ts';
import {
  measured,
  ofItems,
  perQuery,
  pick,
  type RankingOptions,
  rankingTitles,
  search,
  type Work,
} from './line-work.ts';
import { expandedQueries, type Orders, orderedProducts, productsOf, rerankedOrder } from './orders.ts';
import type { RankingComparison, RankingLine, RankingRow } from './ranking-schema.ts';

/** The queries by the subjects of their pictures, and what that adds to a query; or the reason why there are none. */
export type CroppedQueries =
  | { readonly vectors: LabelledVectors; readonly milliseconds: number }
  | { readonly missing: string };

/** The options to measure, with the numbers that a search takes; what is left out is not measured. */
export interface RankingSource {
  readonly expand?: { readonly n?: number | undefined; readonly alpha?: number | undefined } | undefined;
  readonly rerank?:
    | {
        readonly depth?: number | undefined;
        readonly k1?: number | undefined;
        readonly k2?: number | undefined;
        readonly lambda?: number | undefined;
      }
    | undefined;
  /** True measures products, by their best item and by the mean of all. Default false. */
  readonly views?: boolean | undefined;
  /** The queries with the crop `auto`. */
  readonly crop?: CroppedQueries | undefined;
  /** The product of an item of the gallery. Where each item is its own, those of a label count as one product. */
  readonly productOf?: ((id: string) => string | undefined) | undefined;
}

/** The figures of a line, or the reason why there are none. */
type Outcome =
  | { readonly measures: StageMeasures; readonly milliseconds: number | null; readonly note?: string }
  | { readonly missing: string };

const rerankDefaults = { depth: usualRerankDepth, ...kReciprocalDefaults };

/** Fills in what is left out or undefined. */
const filled = <T extends object>(defaults: T, given: { readonly [K in keyof T]?: T[K] | undefined }): T => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
});

/** Measures query expansion. */
async function expandLine(
  work: Work,
  orders: Orders,
  expand: NonNullable<RankingSource['expand']>,
): Promise<Outcome> {
  const { queries, items } = work;
  const numbers = filled(expandDefaults, expand);
  const started = performance.now();
  const expanded = expandedQueries(queries, items, orders, numbers);
  const milliseconds = (performance.now() - started) / queries.ids.length;
  const measures = ofItems(work, await search(work, expanded, 'expand'));
  const note = `n ${numbers.n}, alpha ${numbers.alpha}; a second search comes to the time of the expansion.`;
  return { measures, milliseconds, note };
}

/** Measures k-reciprocal re-ranking. */
async function rerankLine(
  work: Work,
  orders: Orders,
  rerank: NonNullable<RankingSource['rerank']>,
): Promise<Outcome> {
  const { queries, items } = work;
  const numbers = filled(rerankDefaults, rerank);
  const changed: Uint32Array[] = [];
  const milliseconds = await perQuery(work, 'rerank', (query) => {
    changed.push(rerankedOrder(rowOf(queries, query), items, orders[query] as Uint32Array, numbers));
  });
  const note = `depth ${numbers.depth}, k1 ${numbers.k1}, k2 ${numbers.k2}, lambda ${numbers.lambda}.`;
  return { measures: ofItems(work, changed), milliseconds, note };
}

/** Measures the lines of items. */
async function itemLines(
  work: Work,
  { expand, rerank, crop }: RankingSource,
  rows: readonly number[],
): Promise<Map<RankingLine, Outcome>> {
  const orders = await search(work, work.queries, 'plain');
  const lines = new Map<RankingLine, Outcome>();
  lines.set('plain', { measures: ofItems(work, orders), milliseconds: null });
  if (crop !== undefined && 'missing' in crop) lines.set('crop', crop);
  else if (crop !== undefined) {
    const found = await search(work, pick(sortById(crop.vectors), rows), 'crop');
    lines.set('crop', { measures: ofItems(work, found), milliseconds: crop.milliseconds });
  }
  if (expand !== undefined) lines.set('expand', await expandLine(work, orders, expand));
  if (rerank !== undefined) lines.set('rerank', await rerankLine(work, orders, rerank));
  return lines;
}

/** Measures the lines of products. */
async function productLines(
  work: Work,
  productOf: RankingSource['productOf'],
): Promise<Map<RankingLine, Outcome>> {
  const { queries, items, own } = work;
  const named = items.ids.map((id) => productOf?.(id) ?? id);
  const isAlone = new Set(named).size === named.length;
  const names = isAlone ? items.labels : named;
  const products = productsOf(items, (row) => names[row] ?? '');
  const max: Uint32Array[] = [];
  const mean: Uint32Array[] = [];
  await perQuery(work, 'mean', (query) => {
    const orders = orderedProducts(rowOf(queries, query), products, own[query] ?? -1);
    max.push(orders.max);
    mean.push(orders.mean);
  });
  const of = (orders: Orders): StageMeasures => measured(work, orders, (row) => products.ofRow[row] ?? 0);
  const note = isAlone
    ? { note: 'Every item is a product of its own: here the items of a label count as one.' }
    : {};
  return new Map<RankingLine, Outcome>([
    ['max', { measures: of(max), milliseconds: null, ...note }],
    ['mean', { measures: of(mean), milliseconds: null }],
  ]);
}

/** Makes the rows of the report, in the order of the lines. */
function rowsOf(
  lines: ReadonlyMap<RankingLine, Outcome>,
  ids: readonly string[],
  { ks, seed }: RankingOptions,
): RankingRow[] {
  return [...lines].map(([line, outcome]) => {
    const title = rankingTitles[line];
    if ('missing' in outcome) {
      const missing = outcome.missing.slice(0, 2000);
      return { line, title, missing, against: null, figures: [], milliseconds: null, note: null };
    }
    const against = line === 'plain' || line === 'max' ? null : line === 'mean' ? 'max' : 'plain';
    const other = against === null ? undefined : lines.get(against);
    const above = other !== undefined && 'measures' in other ? other.measures : undefined;
    const figures = figuresOf(namesOf(ks), ids, outcome.measures, above, seed);
    const { milliseconds, note = null } = outcome;
    return { line, title, missing: null, against, figures, milliseconds, note };
  });
}

/**
 * Measures what options that change the order of answers are worth, each by itself, by exact search under cosine.
 * @param input What is evaluated, its rows in the order of their ids.
 * @throws SnapshelfError `nothing-relevant`, else as `knn`; the reason of the signal.
 * @throws RangeError for numbers out of range.
 */
export async function measureRanking(
  { queries: all, gallery }: EvaluationInput,
  source: RankingSource,
  options: RankingOptions,
): Promise<RankingComparison> {
  checkRankingNumbers(source.expand, source.rerank);
  const items = gallery ?? all;
  const sizes = new Map<string, number>();
  for (const label of items.labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const rightOf = (row: number): number =>
    (sizes.get(all.labels[row] ?? '') ?? 0) - (gallery === undefined ? 1 : 0);
  const rows = spread([...all.ids.keys()].filter((row) => rightOf(row) > 0));
  if (rows.length === 0)
    throw new SnapshelfError(
      'nothing-relevant',
      'No query has a relevant item in the gallery: no order is better.',
    );
  const list = measureList(options.ks);
  const depth = Math.max(source.rerank?.depth ?? rerankDefaults.depth, list.deepest, ...rows.map(rightOf));
  const own = rows.map((row) => (gallery === undefined ? row : -1));
  const work = { queries: pick(all, rows), items, own, list, depth, options };
  const ofProducts = source.views === true ? await productLines(work, source.productOf) : [];
  const lines = new Map([...(await itemLines(work, source, rows)), ...ofProducts]);
  const { ids } = work.queries;
  return { queries: rows.length, items: items.ids.length, ks: options.ks, rows: rowsOf(lines, ids, options) };
}

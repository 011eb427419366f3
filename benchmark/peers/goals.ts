import { median } from '../support/measure.ts';
import { mebibytes, ms, ratio, recall } from './format.ts';
import type { EngineResult, SetResult } from './results.ts';

/** A goal beside what was measured. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** undefined where the goal is of another number of vectors. */
  readonly isMet: boolean | undefined;
}

/** The narrowest search with a recall of 0.99; the widest if there is none. */
export const bestPoint = ({ curve }: EngineResult): EngineResult['curve'][number] | undefined =>
  curve.find((point) => point.recall >= 0.99) ?? curve.at(-1);

const largest = <T>(list: readonly T[], value: (one: T) => number): T =>
  list.reduce((one, other) => (value(other) > value(one) ? other : one));

type Maker = (set: SetResult) => Goal[];

const exactGoals: Maker = ({ parts: { exact } }) => {
  if (exact === undefined || exact.ratios.length === 0) return [];
  const one = exact.faissBatch.find(({ threads }) => threads === 1);
  const speed = median(exact.ratios);
  const batch = median(exact.ownBatch) / median(one?.perSecond ?? []);
  return [
    {
      what: 'exact query, beside faiss IndexFlatIP with one thread',
      goal: '>= 0.8 x',
      measured: `${ratio(speed)} (rounds: ${exact.ratios.map((value) => value.toFixed(2)).join(', ')})`,
      isMet: speed >= 0.8,
    },
    {
      what: 'exact queries all at once, beside faiss with one thread',
      goal: '>= 0.8 x',
      measured: ratio(batch),
      isMet: batch >= 0.8,
    },
  ];
};

const pageGoals: Maker = ({ parts: { pages } }) => {
  if (pages === undefined) return [];
  return (['index', 'exact'] as const).flatMap((kind) => {
    const { first, second, tenth } = pages[kind];
    return Object.entries({ second, tenth }).map(([name, { p50 }]): Goal => {
      const of = p50 / first.p50;
      return {
        what: `${name} page, ${kind === 'exact' ? 'exact' : 'by the index'}`,
        goal: '<= 2 x the first',
        measured: `${ratio(of)} (${ms(p50)} ms)`,
        isMet: of <= 2,
      };
    });
  });
};

/** The bound at 100,000 items and, where there is one, at a million. */
function boundOf(rows: number, few: number, many?: number): number | undefined {
  if (rows <= 100_000) return few;
  return rows <= 1_000_000 ? many : undefined;
}

const atMost = (what: string, measured: number, bound: number | undefined, of = ''): Goal => ({
  what,
  goal: bound === undefined ? '-' : `<= ${bound} ms`,
  measured: `${ms(measured)} ms${of === '' ? '' : ` (${of})`}`,
  isMet: bound === undefined ? undefined : measured <= bound,
});

const filterGoals: Maker = ({ rows, parts: { filters, facets } }) => {
  const goals: Goal[] = [];
  if (filters !== undefined) {
    const slow = largest(filters.listed, ({ p50 }) => p50);
    goals.push(atMost('the slowest of 12 filters', slow.p50, boundOf(rows, 2, 15), slow.name));
    const { p50, share, correlation } = largest(filters.searched, (one) => one.p50);
    goals.push(
      atMost('the slowest filtered search, p50', p50, boundOf(rows, 10), `${100 * share} %, ${correlation}`),
    );
    const least = largest(filters.searched, (one) => -one.recall);
    goals.push({
      what: 'the least recall@10 under a filter',
      goal: '>= 0.99',
      measured: `${recall(least.recall)} (${100 * least.share} %, ${least.correlation})`,
      isMet: least.recall >= 0.99,
    });
  }
  if (facets !== undefined) {
    const slow = largest(facets, (one) => one.p50);
    goals.push(atMost('the slowest facet', slow.p50, boundOf(rows, 5), slow.name));
  }
  return goals;
};

const buildGoals: Maker = ({ rows, parts: { build, replace, start } }) => {
  const goals: Goal[] = [];
  if (build !== undefined) {
    const minutes = rows === 100_000 ? 3 : rows === 1_000_000 ? 25 : undefined;
    goals.push({
      what: 'building, writing included',
      goal: minutes === undefined ? '-' : `<= ${minutes} min`,
      measured: `${build.seconds.toFixed(0)} s (writing ${build.writeSeconds.toFixed(0)} s)`,
      isMet: minutes === undefined ? undefined : build.seconds <= 60 * minutes,
    });
  }
  if (build !== undefined && replace !== undefined) {
    const rate = (replace.seconds.length * 0.2 * build.seconds) / replace.seconds.reduce((a, b) => a + b, 0);
    const lost = replace.recallBefore - replace.recallAfter;
    goals.push({
      what: 'replacing 20 % five times, of the rate of building',
      goal: '>= 0.7 x',
      measured: ratio(rate),
      isMet: rate >= 0.7,
    });
    goals.push({
      what: 'recall@10 lost by that',
      goal: '<= 0.005',
      measured: `${lost.toFixed(4)} (${recall(replace.recallBefore)} to ${recall(replace.recallAfter)})`,
      isMet: lost <= 0.005,
    });
  }
  if (start !== undefined)
    goals.push({
      what: 'from opening the folder to the first answer',
      goal: '<= 10 s',
      measured: `${start.seconds.toFixed(1)} s, ${mebibytes(start.bytes)} resident`,
      isMet: start.seconds <= 10,
    });
  return goals;
};

const loadGoals: Maker = ({ parts: { throughput, beside } }) => {
  const goals: Goal[] = [];
  for (const kind of ['index', 'exact']) {
    const of = (cores?: number) =>
      throughput?.find((one) => one.kind === kind && one.atOnce === 4 && one.cores === cores)?.perSecond;
    const oneCore = of(1);
    if (oneCore === undefined) continue;
    const gain = (of() ?? Number.NaN) / oneCore;
    goals.push({
      what: `${kind === 'index' ? 'searches by the index' : 'exact searches'}, four at once, all cores against one`,
      goal: '>= 1.7 x',
      measured: ratio(gain),
      isMet: gain >= 1.7,
    });
  }
  const find = (of: string, what: string) => beside?.find((one) => one.of === of && one.beside === what);
  const small = find('get', 'exact searches');
  if (small !== undefined)
    goals.push(atMost('p99 of small requests beside exact searches', small.p99 ?? Infinity, 20));
  const building = find('search', 'the building of the index');
  const idle = find('search', 'nothing');
  if (building !== undefined && idle !== undefined) {
    const of = (building.p99 ?? Infinity) / (idle.p99 ?? Number.NaN);
    goals.push({
      what: `p99 of ${building.rate} searches per second while the index is built, of that beside nothing`,
      goal: '<= 3 x',
      measured: `${ratio(of)} (${ms(building.p99)} ms, ${building.errors} errors)`,
      isMet: of <= 3,
    });
  }
  return goals;
};

/** Returns the goals of the search, and what was measured of each. */
export const goalsOf = (set: SetResult): Goal[] =>
  [exactGoals, pageGoals, filterGoals, buildGoals, loadGoals].flatMap((make) => make(set));

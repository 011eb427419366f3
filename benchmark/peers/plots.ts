import type { TopLevelSpec } from 'vega-lite';
import { theme } from '../../src/report/plot.ts';
import type { Part, SetResult } from './results.ts';

const size = { width: 520, height: 320 };

/** Draws recall against queries per second, a line for each engine, as ann-benchmarks does: up and to the right is better. */
export function recallPlot({ rows, dimension }: SetResult, { engines }: Part<'index'>): TopLevelSpec {
  const values = engines.flatMap(({ name, curve }) =>
    curve.map(({ recall, perSecond, ef }) => ({ engine: name, recall, perSecond, ef })),
  );
  return {
    ...size,
    config: theme,
    title: `Recall and speed, ${rows.toLocaleString('en')} vectors of ${dimension} numbers, one query at a time`,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'recall', type: 'quantitative', title: 'recall@10', scale: { zero: false } },
      y: { field: 'perSecond', type: 'quantitative', title: 'queries per second', scale: { type: 'log' } },
      order: { field: 'ef', type: 'quantitative' },
      color: { field: 'engine', type: 'nominal', title: null },
    },
  };
}

/** Draws the median time of kinds of query against the number of vectors. */
export function timePlot(sets: readonly SetResult[]): TopLevelSpec {
  const values = sets.flatMap(({ rows, parts }) => {
    const { exact, index, pages, filters, facets } = parts;
    const own = index?.engines.find(({ name }) => name === 'snapshelf');
    const peer = index?.engines.find(({ name }) => name === 'hnswlib');
    const kinds: readonly (readonly [string, number | undefined])[] = [
      ['index (ef 96)', own?.curve.find(({ ef }) => ef === 96)?.p50],
      ['hnswlib (ef 96)', peer?.curve.find(({ ef }) => ef === 96)?.p50],
      ['exact', exact?.own.p50],
      ['exact, faiss', exact?.faiss?.p50],
      ['second page', pages?.index.second.p50],
      ['slowest filtered search', slowest(filters?.searched)],
      ['slowest facet', slowest(facets)],
    ];
    return kinds.flatMap(([kind, ms]) => (ms === undefined ? [] : [{ kind, ms, rows }]));
  });
  return {
    ...size,
    config: theme,
    title: 'Median time of one query',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'rows', type: 'quantitative', title: 'vectors', scale: { type: 'log' } },
      y: { field: 'ms', type: 'quantitative', title: 'milliseconds', scale: { type: 'log' } },
      color: { field: 'kind', type: 'nominal', title: null },
    },
  };
}

const slowest = (times: readonly { readonly p50: number }[] | undefined): number | undefined =>
  times === undefined ? undefined : Math.max(...times.map(({ p50 }) => p50));
